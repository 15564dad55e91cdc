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
      if (key == "src") EXPECT_TRUE(value.starts_with("data:image/")) << value.substr(0, 80);
      if (key == "href" || key.ends_with(":href")) EXPECT_TRUE(value.starts_with("#")) << value.substr(0, 80);
      if (value.find("url(") != std::string::npos) EXPECT_EQ(value.find("url(#"), value.find("url(")) << value.substr(0, 80);
      EXPECT_FALSE(key.starts_with("on")) << key;
    }
    if (name == "style") EXPECT_EQ(std::string(element.child_value()).find("url("), std::string::npos);
    if (name == "style") EXPECT_EQ(std::string(element.child_value()).find("@import"), std::string::npos);
  });
}

}  // namespace fovea::test
