// What the address sanitizer reports of Swift's own libraries, and of nothing else. Linked into every program that is built
// with it, so that a program that another one starts knows it too.

/// Suppressions go by the names of functions, which the sanitizer asks of this program. QULOUD_SYMBOLIZER is its path.
const char *__asan_default_options(void) { return "external_symbolizer_path=" QULOUD_SYMBOLIZER; }

const char *__asan_default_suppressions(void) {
    // libswiftCore, reading through a key path of several parts: its buffer for one part's value reaches into the next's.
    return "interceptor_via_fun:*KeyPathC16_projectReadOnly*\n";
}

const char *__lsan_default_suppressions(void) {
    // FoundationEssentials loses its buffer whenever it reads an empty file. Only tests read files through it.
    return "leak:readBytesFromFile\n";
}
