#include "fovea/pipelines/html_page.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <opencv2/core.hpp>
#include <set>

#include "support/page_checks.hpp"

namespace fovea {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string kNasty = "<img src=\"http\" onload='x'> & \xFF\x01";
const std::string kEscaped = "&lt;img src=&quot;http&quot; onload='x'&gt; &amp; \uFFFD\uFFFD";

cv::Mat picture(int width, int height) { return {height, width, CV_8UC3, cv::Scalar(20, 120, 220)}; }

TEST(HtmlPage, StandsAloneWhateverItsTextsSay) {
  HtmlPage page(kNasty);
  page.add_heading(kNasty);
  page.add_paragraph(kNasty);
  page.add_preformatted(kNasty);
  page.add_list(std::vector<std::string>{kNasty, "2"});
  page.add_table({{kNasty, "b"}, {{kNasty, "-1.5"}}});
  page.add_folded_table(kNasty, {{"a"}, {{"1"}}});
  const std::vector<Chart> charts = {{{.title = kNasty}, {{kNasty, {{0, 1}, {1, 2}}}}}};
  page.add_charts(charts);
  page.add_charts(charts);
  page.add_photographs(std::vector<HtmlFigure>{{picture(40, 30), kNasty}});
  page.add_drawing({picture(20, 10), kNasty});
  const std::string text = page.text();
  test::expect_stands_alone(text);
  EXPECT_THAT(text, Not(HasSubstr("<img src=\"http\"")));
  for (const char* element : {"<title>", "<h1>", "<h2>", "<p>", "<pre>", "<li>", "<th>", "<td>", "<summary>", "<figcaption>"})
    EXPECT_THAT(text, HasSubstr(element + kEscaped)) << element;
  EXPECT_THAT(text, HasSubstr("<td class=\"number\">-1.5</td>"));
}

TEST(HtmlPage, PartsOfChartsHaveNamesOfTheirOwn) {
  HtmlPage page("charts");
  const std::vector<Chart> charts = {{{.title = "a"}, {{"", {{0, 1}, {1, 2}}}}}, {{.title = "b"}, {{"", {{0, 1}, {1, 2}}}}}};
  page.add_charts(charts);
  page.add_charts(charts);
  const std::vector<std::string> ids = test::attribute_values(page.text(), "id");
  EXPECT_EQ(ids.size(), 4u);
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 4u);
}

TEST(HtmlPage, PhotographsAreReducedAndDrawingsAreNot) {
  HtmlPage page("pictures");
  page.add_photographs(std::vector<HtmlFigure>{{picture(1000, 500), "large"}, {picture(100, 50), "small"}}, 200);
  page.add_drawing({picture(1000, 500), "drawing"});
  EXPECT_EQ(test::attribute_values(page.text(), "width"), (std::vector<std::string>{"200", "100", "1000"}));
  EXPECT_THAT(page.text(), HasSubstr("data:image/jpeg;base64,/9j/"));
  EXPECT_THAT(page.text(), HasSubstr("data:image/png;base64,iVBORw0KGgo"));
}

}  // namespace
}  // namespace fovea
