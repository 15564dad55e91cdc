// Contact sheets, charts, confusion pictures, captions: what is in them, not only their sizes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "fovea/base/error.hpp"
#include "fovea/vision/chart.hpp"
#include "fovea/vision/confusion_picture.hpp"
#include "fovea/vision/contact_sheet.hpp"
#include "fovea/vision/image_loader.hpp"
#include "fovea/vision/image_writer.hpp"
#include "fovea/vision/overlay.hpp"
#include "mat_matchers.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

cv::Vec3b bgr(cv::Scalar colour) {
  return {static_cast<std::uint8_t>(colour[0]), static_cast<std::uint8_t>(colour[1]), static_cast<std::uint8_t>(colour[2])};
}

cv::Vec3b pixel(const cv::Mat& image, cv::Point2d at) {
  return image.at<cv::Vec3b>(static_cast<int>(std::lround(at.y)), static_cast<int>(std::lround(at.x)));
}

/// Number of pixels of exactly one colour.
int count(const cv::Mat& image, cv::Scalar colour) {
  cv::Mat mask;
  cv::inRange(image, colour, colour, mask);
  return cv::countNonZero(mask);
}

/// True when more than one colour occurs: something is written there.
bool has_marks(const cv::Mat& image) { return count(image, cv::Scalar(image.at<cv::Vec3b>(0, 0))) < static_cast<int>(image.total()); }

TEST(ContactSheet, ShowsEveryTileInItsPlace) {
  const ContactSheetOptions options{.columns = 2, .tile_side = 56, .title = "Title"};
  const std::vector<Tile> tiles{
      {cv::Mat(28, 28, CV_8U, cv::Scalar(40)), "forty", {0, 0, 200}},
      {cv::Mat(300, 300, CV_8UC3, cv::Scalar(1, 2, 3)), "", {0, 200, 0}},
      {cv::Mat(10, 56, CV_8UC3, cv::Scalar(7, 8, 9)), "a caption that is far too long for its tile", {200, 0, 0}}};
  const cv::Mat sheet = draw_contact_sheet(options, tiles);
  EXPECT_EQ(count(sheet(tile_area(options, 0)), cv::Scalar(40, 40, 40)), 56 * 56);
  EXPECT_EQ(count(sheet(tile_area(options, 1)), cv::Scalar(1, 2, 3)), 56 * 56);
  EXPECT_EQ(count(sheet(tile_area(options, 2)), cv::Scalar(7, 8, 9)), 56 * 10);
  EXPECT_EQ(tile_area(options, 2).x, tile_area(options, 0).x);
  EXPECT_GT(tile_area(options, 2).y, tile_area(options, 0).br().y);
  EXPECT_LT(tile_area(options, 2).br().y, sheet.rows);
  for (int i = 0; i < 3; ++i) {
    const cv::Rect area = tile_area(options, i);
    EXPECT_EQ(pixel(sheet, area.tl() - cv::Point(1, 1)), bgr(tiles[static_cast<std::size_t>(i)].colour));
    EXPECT_EQ(has_marks(sheet({area.x, area.br().y + 1, area.width, 12})), i != 1) << "the caption of tile " << i;
  }
  EXPECT_TRUE(has_marks(sheet({0, 0, sheet.cols, 30})));
}

TEST(ContactSheet, SmallPicturesStayCrisp) {
  cv::Mat board(28, 28, CV_8U);
  for (int y = 0; y < 28; ++y)
    for (int x = 0; x < 28; ++x) board.at<std::uint8_t>(y, x) = (x + y) % 2 ? 255 : 0;
  const ContactSheetOptions options{.tile_side = 140};
  const cv::Mat tile = draw_contact_sheet(options, std::vector<Tile>{{board, ""}})(tile_area(options, 0));
  for (int y = 0; y < 140; ++y)
    for (int x = 0; x < 140; ++x) ASSERT_EQ(tile.at<cv::Vec3b>(y, x), cv::Vec3b::all(board.at<std::uint8_t>(y / 5, x / 5)));
}

TEST(ContactSheet, RefusesNonsense) {
  EXPECT_THROW(draw_contact_sheet({}, {}), OptionError);
  EXPECT_THROW(draw_contact_sheet({.columns = 0}, std::vector<Tile>(1)), OptionError);
  EXPECT_THROW(draw_contact_sheet({}, std::vector<Tile>(1)), ShapeError);
}

TEST(Chart, TicksAreNice) {
  const std::vector<Series> series{{"loss", {{1, 0.13}, {12, 1.9}}}};
  const ChartFrame frame = chart_frame({}, series);
  EXPECT_EQ(frame.x_range, cv::Point2d(1, 12));
  EXPECT_THAT(frame.x_ticks, testing::ElementsAre(2, 4, 6, 8, 10, 12));
  EXPECT_EQ(frame.y_range, cv::Point2d(0, 2));
  EXPECT_THAT(frame.y_ticks, testing::Pointwise(testing::DoubleEq(), {0.0, 0.5, 1.0, 1.5, 2.0}));
  EXPECT_EQ(frame.to_pixel({1, 0}), cv::Point2d(frame.plot.x, frame.plot.br().y));
  EXPECT_EQ(frame.to_pixel({12, 2}), cv::Point2d(frame.plot.br().x, frame.plot.y));
}

TEST(Chart, LinesRunThroughTheirPoints) {
  const std::vector<Series> series{{"up", {{0, 0}, {5, 4}, {10, 10}}}, {"level", {{0, 1}, {10, 1}}}};
  const cv::Mat image = draw_chart({.title = "t", .x_label = "x", .y_label = "y"}, series);
  const ChartFrame frame = chart_frame({.title = "t", .x_label = "x", .y_label = "y"}, series);
  for (const cv::Point2d point : {cv::Point2d(5, 4), cv::Point2d(2.5, 2), cv::Point2d(7.5, 7)})
    EXPECT_EQ(pixel(image, frame.to_pixel(point)), bgr(series_colour(0)));
  EXPECT_EQ(pixel(image, frame.to_pixel({6.3, 1})), bgr(series_colour(1)));
  EXPECT_EQ(pixel(image, frame.to_pixel({6.3, 2.7})), cv::Vec3b(255, 255, 255));
  EXPECT_TRUE(has_marks(image({0, 4, image.cols, 36}))) << "title";
  EXPECT_TRUE(has_marks(image({0, frame.plot.y, 28, frame.plot.height}))) << "y label";
  EXPECT_TRUE(has_marks(image({0, image.rows - 28, image.cols, 28}))) << "x label";
}

TEST(Chart, GapsAndSinglePoints) {
  const std::vector<Series> series{{"a", {{0, 0}, {2, 2}, {4, kNaN}, {6, 6}, {8, kNaN}, {10, 10}, {11, 11}}}};
  const ChartFrame frame = chart_frame({}, series);
  const cv::Mat image = draw_chart({}, series);
  const cv::Vec3b ink = bgr(series_colour(0));
  EXPECT_EQ(pixel(image, frame.to_pixel({1, 1})), ink);
  EXPECT_NE(pixel(image, frame.to_pixel({4.2, 4.2})), ink);
  EXPECT_EQ(pixel(image, frame.to_pixel({6, 6}) + cv::Point2d(0, 3)), ink) << "a dot is larger than a line";
  EXPECT_NE(pixel(image, frame.to_pixel({8.2, 8.2})), ink);
  EXPECT_EQ(pixel(image, frame.to_pixel({10.5, 10.5})), ink);
}

TEST(Chart, CutsAtTheGivenRange) {
  const ChartOptions options{.y_range = cv::Point2d(0, 1)};
  const std::vector<Series> series{{"", {{0, 0.5}, {1, 1e300}, {2, 0.5}}}};
  const ChartFrame frame = chart_frame(options, series);
  const cv::Mat image = draw_chart(options, series);
  EXPECT_EQ(frame.y_range, cv::Point2d(0, 1));
  EXPECT_EQ(count(image.rowRange(0, frame.plot.y - 1), series_colour(0)), 0);
  EXPECT_GT(count(image(frame.plot), series_colour(0)), 100);
}

TEST(Chart, SurvivesNothingAndExtremes) {
  EXPECT_EQ(draw_chart({}, {}).size(), cv::Size(900, 560));
  for (const auto& points :
       {std::vector<cv::Point2d>{}, {{3, 7}}, {{kNaN, kNaN}}, {{0, 1e12}, {1, -1e12}}, {{0, 1e-9}, {1, 2e-9}}, {{5, 5}, {5, 5}}}) {
    const std::vector<Series> series{{"s", points}};
    const ChartFrame frame = chart_frame({}, series);
    EXPECT_LT(frame.x_range.x, frame.x_range.y);
    EXPECT_LT(frame.y_range.x, frame.y_range.y);
    EXPECT_GE(frame.plot.width, 400);
    EXPECT_TRUE(has_marks(draw_chart({}, series)));
  }
  EXPECT_THROW(draw_chart({.size = {10, 10}}, {}), OptionError);
  EXPECT_THROW(draw_chart({.y_range = cv::Point2d(1, 1)}, {}), OptionError);
}

TEST(Chart, ABandIsPaleAndBehindItsLine) {
  const std::vector<Series> series{{"mean", {{0, 5}, {10, 5}}, {1, 3}}};
  const cv::Mat image = draw_chart({}, series);
  const ChartFrame frame = chart_frame({}, series);
  EXPECT_EQ(frame.y_range, cv::Point2d(2, 8)) << "the band is in the picture";
  cv::Vec3b pale;
  for (int c = 0; c < 3; ++c) pale[c] = static_cast<std::uint8_t>(std::lround(0.75 * 255 + 0.25 * series_colour(0)[c]));
  EXPECT_EQ(pixel(image, frame.to_pixel({5.1, 5})), bgr(series_colour(0)));
  for (const double y : {3.2, 4.5, 5.5, 6.8})
    EXPECT_EQ(pixel(image, frame.to_pixel({5.1, y})), pale) << y << ": the deviation is 2 in the middle";
  EXPECT_EQ(pixel(image, frame.to_pixel({5.1, 7.3})), cv::Vec3b::all(255));
  EXPECT_EQ(pixel(image, frame.to_pixel({0.2, 6.4})), cv::Vec3b::all(255)) << "and 1 at the left end";
}

TEST(Chart, ALogarithmicAxisSpacesRatiosEqually) {
  const std::vector<Series> series{{"", {{1e-4, 0}, {1e-2, 1}, {1, 2}}}};
  const ChartFrame frame = chart_frame({.log_x = true}, series);
  EXPECT_THAT(frame.x_ticks, testing::Pointwise(testing::DoubleEq(), {1e-4, 1e-3, 1e-2, 1e-1, 1.0}));
  EXPECT_NEAR(frame.to_pixel({1e-2, 0}).x, frame.plot.x + frame.plot.width / 2.0, 1e-6);
  EXPECT_THROW(chart_frame({.log_x = true}, std::vector<Series>{{"", {{0, 1}}}}), OptionError);
  EXPECT_TRUE(has_marks(draw_chart({.log_x = true}, std::vector<Series>{{"", {{3, 1}}}}))) << "a single point";
}

TEST(Chart, SvgHasTheSamePlacesAndItsTextIsText) {
  const std::vector<Chart> charts{
      {{.title = "loss & <more>", .x_label = "epoch"}, {{"a\"b", {{0, 0}, {10, 10}}, {1, 1}}, {"dot", {{5, 5}}}}},
      {{.title = "second"}, {{"gap", {{0, 1}, {1, 1}, {2, kNaN}, {3, 1}, {4, 1}}}}}};
  const std::string svg = charts_to_svg(charts);
  const ChartFrame frame = chart_frame(charts[0].options, charts[0].series);
  const auto place = [&](double x, double y) {
    const cv::Point2d pixel = frame.to_pixel({x, y});
    char text[64];
    std::snprintf(text, sizeof text, "%.2f,%.2f", pixel.x, pixel.y);
    return std::string(text);
  };
  EXPECT_THAT(svg, testing::HasSubstr("<polyline points=\"" + place(0, 0) + " " + place(10, 10) + "\""));
  EXPECT_THAT(svg, testing::HasSubstr("<polygon points=\"" + place(0, 1) + " " + place(10, 11) + " " + place(10, 9) + " " + place(0, -1)));
  EXPECT_THAT(
      svg, testing::AllOf(testing::HasSubstr(">loss &amp; &lt;more&gt;<"), testing::HasSubstr(">a&quot;b<"), testing::HasSubstr("<circle"),
                          testing::HasSubstr("translate(0 560)"), testing::HasSubstr("height=\"1120\"")));
  int lines = 0;
  for (std::size_t at = svg.find("<polyline"); at != std::string::npos; at = svg.find("<polyline", at + 1)) ++lines;
  EXPECT_EQ(lines, 3) << "one, and two pieces around a gap";
  EXPECT_EQ(draw_charts(charts).size(), cv::Size(900, 1120));
  EXPECT_TRUE(test::same_image(draw_charts(charts).rowRange(0, 560), draw_chart(charts[0].options, charts[0].series)));
}

TEST(ConfusionPicture, ColoursArePartsOfTheRow) {
  const std::vector<std::string> names{"cat", "dog", "emu"};
  const std::vector<std::int64_t> counts{10, 0, 0, 500, 500, 0, 0, 0, 0};
  const cv::Mat image = draw_confusion("title", names, counts);
  const auto corner = [&](int row, int column) { return pixel(image, confusion_cell(names, row, column).tl() + cv::Point(4, 4)); };
  const cv::Vec3b white(255, 255, 255), full = corner(0, 0), half = corner(1, 0);
  EXPECT_EQ(corner(0, 1), white);
  EXPECT_EQ(corner(1, 1), half);
  EXPECT_EQ(corner(2, 2), white);
  for (int c = 0; c < 3; ++c) {
    EXPECT_LT(full[c], 128);
    EXPECT_NEAR(half[c], (255 + full[c]) / 2, 1);
  }
  const auto inside = [&](int row, int column) { return confusion_cell(names, row, column) + cv::Point(4, 4) - cv::Size(8, 8); };
  EXPECT_TRUE(has_marks(image(inside(0, 0)))) << "the count 10";
  EXPECT_FALSE(has_marks(image(inside(0, 1)))) << "zeros are not written";
}

TEST(ConfusionPicture, WorksForEveryNumberOfClasses) {
  for (const int classes : {1, 2, 10, 25, 100}) {
    std::vector<std::string> names;
    for (int i = 0; i < classes; ++i) names.push_back("a class with a rather long name, number " + std::to_string(i));
    std::vector<std::int64_t> counts(static_cast<std::size_t>(classes * classes), 1'234'567);
    const cv::Mat image = draw_confusion("title", names, counts);
    const cv::Rect last = confusion_cell(names, classes - 1, classes - 1);
    EXPECT_LE(last.br().x, image.cols);
    EXPECT_LE(last.br().y, image.rows);
    EXPECT_LT(image.cols, 1'400);
    EXPECT_TRUE(has_marks(image({last.x, last.br().y + 4, last.width, image.rows - last.br().y - 50}))) << "the last name, upwards";
    EXPECT_FALSE(classes > 25 && has_marks(image(last + cv::Point(2, 2) - cv::Size(4, 4)))) << "no room for counts";
  }
}

TEST(ConfusionPicture, RefusesNonsense) {
  const std::vector<std::string> two{"a", "b"};
  EXPECT_THROW(draw_confusion("", {}, {}), OptionError);
  EXPECT_THROW(draw_confusion("", two, std::vector<std::int64_t>{1, 2, 3}), ShapeError);
  EXPECT_THROW(draw_confusion("", two, std::vector<std::int64_t>{1, 2, 3, -4}), OptionError);
}

TEST(Overlay, AddsABarAndKeepsThePicture) {
  const cv::Mat photo = test::numbered_image(640, 480);
  const cv::Mat captioned = draw_caption(photo, "cat 0.98", {30, 90, 30});
  EXPECT_TRUE(test::same_image(captioned.rowRange(0, 480), photo));
  const cv::Mat bar = captioned.rowRange(480, captioned.rows);
  EXPECT_EQ(pixel(bar, {1, 1}), cv::Vec3b(30, 90, 30));
  EXPECT_GT(count(bar, cv::Scalar(255, 255, 255)), 50);
  EXPECT_FALSE(has_marks(bar.colRange(320, 640))) << "the text ends in the left half";
}

TEST(Overlay, EnlargesSmallPicturesByAWholeFactor) {
  const cv::Mat small = test::numbered_image(28, 28);
  const cv::Mat captioned = draw_caption(small, "boot");
  ASSERT_EQ(captioned.cols, 224);
  for (int y = 0; y < 224; ++y)
    for (int x = 0; x < 224; ++x) ASSERT_EQ(captioned.at<cv::Vec3b>(y, x), small.at<cv::Vec3b>(y / 8, x / 8));
}

TEST(Overlay, TextStaysInsideForEveryShape) {
  const std::string text = "a very long caption \xc3\xa9\xc3\xa8 " + std::string(500, 'w');
  for (const cv::Size size : {cv::Size(1, 1), cv::Size(28, 28), cv::Size(1, 2'000), cv::Size(2'000, 1), cv::Size(4'000, 3'000)}) {
    const cv::Mat captioned = draw_caption(cv::Mat(size, CV_8U, cv::Scalar(9)), text, {50, 50, 50});
    EXPECT_GE(captioned.cols, kSmallestCaptionedSide);
    EXPECT_FALSE(has_marks(captioned.rowRange(captioned.rows - 10, captioned.rows).colRange(captioned.cols - 4, captioned.cols)));
    EXPECT_GT(cv::countNonZero(captioned.reshape(1) > 180), 100) << "white letters on the dark bar";
  }
  EXPECT_THROW(draw_caption(cv::Mat(), "text"), ShapeError);
  EXPECT_THROW(draw_caption(cv::Mat(3, 3, CV_32F), "text"), ShapeError);
}

TEST(ImageWriter, WritesByExtension) {
  const test::TemporaryFolder folder;
  const cv::Mat image = test::numbered_image(9, 7);
  for (const char* name : {"a.png", "b.BMP", "c.tiff", "d.ppm", "sub/folder/e.png"}) {
    save_image(folder / name, image);
    EXPECT_TRUE(test::same_image(load_image(folder / name), image)) << name;
  }
  save_image(folder / "f.jpg", image);
  EXPECT_EQ(load_image(folder / "f.jpg").size(), image.size());
}

TEST(ImageWriter, RefusalsNameTheFile) {
  const test::TemporaryFolder folder;
  for (const char* name : {"a.gif", "noextension"}) EXPECT_THROW(save_image(folder / name, cv::Mat(2, 2, CV_8UC3)), FileError) << name;
  EXPECT_THROW(save_image(folder / "a.png", cv::Mat()), FileError);
  EXPECT_THROW(save_image(folder / "a.png", cv::Mat(2, 2, CV_8UC2, cv::Scalar())), FileError);
  folder.write("file", "");
  EXPECT_THROW(save_image(folder / "file/a.png", cv::Mat(2, 2, CV_8UC3, cv::Scalar())), FileError);
  EXPECT_TRUE(std::filesystem::is_empty(folder / "file"));
}

TEST(Chart, WholeXHasNoTicksBetweenWholeNumbers) {
  const Series line{"", {{1, 0}, {2, 1}, {3, 0}}};
  const ChartFrame fine = chart_frame({.title = "", .x_label = "", .y_label = ""}, std::span(&line, 1));
  const ChartFrame whole = chart_frame({.title = "", .x_label = "", .y_label = "", .whole_x = true}, std::span(&line, 1));
  EXPECT_GT(fine.x_ticks.size(), 3u);
  EXPECT_EQ(whole.x_ticks, (std::vector<double>{1, 2, 3}));
}

}  // namespace

}  // namespace fovea
