// Text and bytes inside XML, SVG and HTML.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace fovea {

/// The text as it stands in an element or a quoted attribute: & < > " are written as entities. Bytes that are no UTF-8 and control
/// characters other than tab and line ends, which XML does not allow, become U+FFFD each, so that no file name spoils a document.
std::string escape_markup(std::string_view text);

/// RFC 4648, section 4: with padding, without line breaks.
std::string to_base64(std::span<const std::uint8_t> bytes);

}  // namespace fovea
