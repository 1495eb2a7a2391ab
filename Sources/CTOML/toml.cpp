#include "CTOML.h"

// Together with the limit on dots per line this bounds the depth of a document, and so of the recursion in toml++.
#define TOML_MAX_NESTED_VALUES 16
#define TOML_ENABLE_FORMATTERS 0
// toml++ asserts what a text may break, "[ =" for one: a text that does is refused and must not end the process.
#undef NDEBUG
#include <stdexcept>
#define TOML_ASSERT(condition) \
    do { \
        if (!(condition)) throw std::invalid_argument("a key or value is not where one must be"); \
    } while (false)
#include <toml++/toml.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct entry {
    std::string path;
    std::string text;
    ctoml_value value{};
    std::vector<entry> elements;
};

bool is_bare(std::string_view key) {
    return !key.empty() && std::all_of(key.begin(), key.end(), [](unsigned char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
}

std::string joined(const std::string &parent, std::string_view key) {
    std::string path = parent.empty() ? std::string() : parent + ".";
    if (is_bare(key)) return path.append(key);
    return path.append("\"").append(key).append("\"");
}

entry read(const toml::node &node, std::string path, toml::source_position position) {
    entry result;
    result.path = std::move(path);
    result.value.line = position.line;
    result.value.column = position.column;
    if (auto *text = node.as_string()) {
        result.value.type = CTOML_STRING;
        result.text = text->get();
    } else if (auto *integer = node.as_integer()) {
        result.value.type = CTOML_INTEGER;
        result.value.integer = integer->get();
    } else if (auto *number = node.as_floating_point()) {
        result.value.type = CTOML_FLOAT;
        result.value.number = number->get();
    } else if (auto *boolean = node.as_boolean()) {
        result.value.type = CTOML_BOOLEAN;
        result.value.boolean = boolean->get();
    } else if (auto *array = node.as_array()) {
        result.value.type = CTOML_ARRAY;
        for (const toml::node &element : *array) {
            result.elements.push_back(read(element, {}, element.source().begin));
        }
    } else {
        result.value.type = node.is_table() ? CTOML_TABLE : CTOML_TIME;
    }
    return result;
}

void walk(const toml::table &table, const std::string &parent, std::vector<entry> &entries) {
    for (auto &&[key, node] : table) {
        std::string path = joined(parent, key.str());
        entries.push_back(read(node, path, key.source().begin));
        if (auto *inner = node.as_table()) walk(*inner, path, entries);
    }
}

// A dotted key cannot span lines, so counting dots in each line is enough.
uint32_t line_with_too_many_dots(std::string_view text) {
    uint32_t line = 1;
    int dots = 0;
    for (char c : text) {
        if (c == '\n') {
            line += 1;
            dots = 0;
        } else if (c == '.' && ++dots > CTOML_DOTS_PER_LINE_MAX) {
            return line;
        }
    }
    return 0;
}

// TOML forbids them everywhere; toml++ overlooks some.
uint32_t line_with_control_character(std::string_view text) {
    uint32_t line = 1;
    for (unsigned char c : text) {
        if (c == '\n') line += 1;
        else if ((c < 0x20 && c != '\t' && c != '\r') || c == 0x7F) return line;
    }
    return 0;
}

void describe(ctoml_error *error, std::string_view message, uint32_t line, uint32_t column) {
    if (!error) return;
    size_t length = std::min(message.size(), sizeof error->message - 1);
    // Never cut a UTF-8 sequence in two.
    while (length > 0 && length < message.size() && (message[length] & 0xC0) == 0x80) length -= 1;
    std::memcpy(error->message, message.data(), length);
    error->message[length] = '\0';
    error->line = line;
    error->column = column;
}

void fill(const entry &from, ctoml_value *value) {
    *value = from.value;
    value->path = from.path.data();
    value->path_length = from.path.size();
    value->string = from.text.data();
    value->string_length = from.text.size();
    value->count = from.elements.size();
}

}  // namespace

struct ctoml_document {
    std::vector<entry> entries;
};

ctoml_document *ctoml_parse(const char *bytes, size_t length, ctoml_error *error) {
    try {
        std::string_view text(bytes ? bytes : "", bytes ? length : 0);
        if (uint32_t line = line_with_too_many_dots(text)) {
            describe(error, "too many dots in one line", line, 0);
            return nullptr;
        }
        if (uint32_t line = line_with_control_character(text)) {
            describe(error, "control character", line, 0);
            return nullptr;
        }
        toml::table root = toml::parse(text);
        auto document = std::make_unique<ctoml_document>();
        walk(root, {}, document->entries);
        std::stable_sort(document->entries.begin(), document->entries.end(), [](const entry &a, const entry &b) {
            return std::pair(a.value.line, a.value.column) < std::pair(b.value.line, b.value.column);
        });
        return document.release();
    } catch (const toml::parse_error &problem) {
        describe(error, problem.description(), problem.source().begin.line, problem.source().begin.column);
    } catch (const std::exception &problem) {
        describe(error, problem.what(), 0, 0);
    } catch (...) {
        describe(error, "unknown error", 0, 0);
    }
    return nullptr;
}

size_t ctoml_count(const ctoml_document *document) { return document ? document->entries.size() : 0; }

bool ctoml_entry(const ctoml_document *document, size_t index, ctoml_value *value) {
    if (!document || !value || index >= document->entries.size()) return false;
    fill(document->entries[index], value);
    return true;
}

bool ctoml_element(const ctoml_document *document, size_t index, size_t element, ctoml_value *value) {
    if (!document || !value || index >= document->entries.size()) return false;
    const std::vector<entry> &elements = document->entries[index].elements;
    if (element >= elements.size()) return false;
    fill(elements[element], value);
    return true;
}

void ctoml_free(ctoml_document *document) { delete document; }
