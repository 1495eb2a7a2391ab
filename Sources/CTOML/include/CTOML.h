#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A C interface over toml++: parse a buffer, walk what it holds, free it. No C++ exception crosses it.

#ifdef __cplusplus
extern "C" {
#endif

/// A parsed document, owned by the caller.
typedef struct ctoml_document ctoml_document;

enum {
    CTOML_MESSAGE_SIZE = 256,
    /// The most dots that one line may have: bounds how deep dotted keys can nest.
    CTOML_DOTS_PER_LINE_MAX = 128,
};

/// Why a buffer is not a document. Lines and columns count from 1; 0 means unknown.
typedef struct {
    char message[CTOML_MESSAGE_SIZE];
    uint32_t line;
    uint32_t column;
} ctoml_error;

typedef enum {
    CTOML_STRING,
    CTOML_INTEGER,
    CTOML_FLOAT,
    CTOML_BOOLEAN,
    CTOML_TIME,
    CTOML_ARRAY,
    CTOML_TABLE,
} ctoml_type;

/// One entry of a document. Pointers live as long as the document; text is UTF-8 and may contain NUL.
typedef struct {
    /// The dotted path from the root; a part that is not a bare key is in double quotes. Empty for elements of an array.
    const char *path;
    size_t path_length;
    ctoml_type type;
    uint32_t line;
    uint32_t column;
    /// Only for CTOML_STRING.
    const char *string;
    size_t string_length;
    /// Only for the type of the same name.
    int64_t integer;
    double number;
    bool boolean;
    /// Elements, only for CTOML_ARRAY.
    size_t count;
} ctoml_value;

/// Parses `length` bytes. Returns NULL and fills `error` when they are not TOML.
ctoml_document *ctoml_parse(const char *bytes, size_t length, ctoml_error *error);

/// How many entries there are: every table, and every key that is not a table.
size_t ctoml_count(const ctoml_document *document);

/// Reads entry `index`, in the order of their places in the text. False when there is none.
bool ctoml_entry(const ctoml_document *document, size_t index, ctoml_value *value);

/// Reads element `element` of the array that is entry `index`. False when there is none.
bool ctoml_element(const ctoml_document *document, size_t index, size_t element, ctoml_value *value);

void ctoml_free(ctoml_document *document);

#ifdef __cplusplus
}
#endif
