// Small helpers for messages and names.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fovea {

/// The candidate with the smallest edit distance to `word`, or "" when none is within half of the word's length (at least 2 edits).
std::string nearest_name(std::string_view word, std::span<const std::string> candidates);

/// "unknown <kind> "word"; did you mean "nearest"? Known: a, b, c": one wording for every list of names in the program.
std::string unknown_name_message(std::string_view kind, std::string_view word, std::span<const std::string> known);

/// Splits at every `separator`; "" gives no parts.
std::vector<std::string> split(std::string_view text, char separator);

/// A field of comma-separated values (RFC 4180): in quotes where it holds a comma, a quote, a tab or a line break, or blanks at an end.
std::string csv_field(const std::string& text);

/// Whether all of `text` is what `pattern` stands for: '*' any characters or none, '?' any one character, others themselves.
bool matches_pattern(std::string_view text, std::string_view pattern);

/// Digits in runs compare as numbers ("img2" before "img10"), letters by code point. A strict weak order.
bool natural_less(std::string_view a, std::string_view b);

}  // namespace fovea
