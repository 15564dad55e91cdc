// What every HTML page of a report must be.
#pragma once

#include <gtest/gtest.h>

#include <pugixml.hpp>
#include <string>
#include <vector>

namespace fovea::test {

/// Calls visit(element) for every element below `node`.
template <class Visit>
void visit_elements(pugi::xml_node node, Visit&& visit) {
  for (const pugi::xml_node child : node.children()) {
    if (child.type() != pugi::node_element) continue;
    visit(child);
    visit_elements(child, visit);
  }
}

inline pugi::xml_document parse_page(const std::string& text) {
  pugi::xml_document page;
  const pugi::xml_parse_result result = page.load_string(text.c_str(), pugi::parse_default | pugi::parse_doctype);
  EXPECT_TRUE(result) << result.description() << " near " << text.substr(static_cast<std::size_t>(result.offset), 80);
  return page;
}

/// The values of an attribute, in the order of the page.
inline std::vector<std::string> attribute_values(const std::string& text, const char* name) {
  std::vector<std::string> values;
  const pugi::xml_document page = parse_page(text);
  visit_elements(page, [&](pugi::xml_node element) {
    if (const pugi::xml_attribute attribute = element.attribute(name)) values.emplace_back(attribute.value());
  });
  return values;
}

/// Well-formed XML without scripts, whose every reference stays inside the page.
inline void expect_stands_alone(const std::string& text) {
  const pugi::xml_document page = parse_page(text);
  visit_elements(page, [](pugi::xml_node element) {
    const std::string name = element.name();
    for (const char* refused : {"script", "link", "iframe", "object", "embed"}) EXPECT_NE(name, refused);
    for (const pugi::xml_attribute attribute : element.attributes()) {
      const std::string key = attribute.name(), value = attribute.value();
      if (key.starts_with("xmlns")) continue;
      const std::string shown = key + "=" + value.substr(0, 80);
      EXPECT_TRUE(key != "src" || value.starts_with("data:image/")) << shown;
      EXPECT_TRUE((key != "href" && !key.ends_with(":href")) || value.starts_with("#")) << shown;
      EXPECT_EQ(value.find("url("), value.find("url(#")) << shown;
      EXPECT_FALSE(key.starts_with("on")) << key;
    }
    const std::string style = name == "style" ? element.child_value() : "";
    for (const char* refused : {"url(", "@import"}) EXPECT_EQ(style.find(refused), std::string::npos);
  });
}

}  // namespace fovea::test
