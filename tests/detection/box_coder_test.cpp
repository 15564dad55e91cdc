#include "fovea/detection/box_coder.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "fovea/base/random.hpp"

namespace fovea {
namespace {

void expect_near(const Box& actual, const Box& expected, double tolerance) {
  EXPECT_NEAR(actual.x1, expected.x1, tolerance);
  EXPECT_NEAR(actual.y1, expected.y1, tolerance);
  EXPECT_NEAR(actual.x2, expected.x2, tolerance);
  EXPECT_NEAR(actual.y2, expected.y2, tolerance);
}

/// The formulas of the papers once more, one axis at a time: centre and size to ends.
struct Axis {
  double begin, end;
};
Axis around(double center, double size) { return {center - size / 2, center + size / 2}; }
Box box_of(Axis x, Axis y) {
  return {static_cast<float>(x.begin), static_cast<float>(y.begin), static_cast<float>(x.end), static_cast<float>(y.end)};
}
double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

struct Sample {
  BoxCode code;
  Box box, anchor;
  GridCell cell;
  AnchorSize size;
};
std::vector<Sample> samples() {
  RandomStream stream(1);
  const auto between = [&](double low, double high) { return static_cast<float>(stream.uniform(low, high)); };
  const auto box = [&] {
    const float x = between(-50, 500), y = between(-50, 500);
    return Box{x, y, x + between(10, 300), y + between(10, 300)};
  };
  std::vector<Sample> list;
  for (int i = 0; i < 200; ++i)
    list.push_back({{between(-3, 3), between(-3, 3), between(-2, 2), between(-2, 2)},
                    box(),
                    box(),
                    {static_cast<std::int64_t>(stream.below(40)), static_cast<std::int64_t>(stream.below(40)),
                     static_cast<float>(8 << stream.below(3))},
                    {between(4, 200), between(4, 200)}});
  return list;
}

TEST(BoxCoder, DecodesAsThePapersSay) {
  for (const Sample& s : samples()) {
    const BoxCode& t = s.code;
    const Box& p = s.anchor;
    const double pw = p.x2 - p.x1, ph = p.y2 - p.y1;
    expect_near(decode_deltas(t, p, {10, 10, 5, 5}),
                box_of(around((p.x1 + p.x2) / 2 + pw * t.x / 10, pw * std::exp(t.w / 5)),
                       around((p.y1 + p.y2) / 2 + ph * t.y / 10, ph * std::exp(t.h / 5))),
                1e-3);
    const double stride = s.cell.stride, column = static_cast<double>(s.cell.column), row = static_cast<double>(s.cell.row);
    expect_near(decode_grid(t, s.cell, s.size),
                box_of(around((column + sigmoid(t.x)) * stride, s.size.width * std::exp(t.w)),
                       around((row + sigmoid(t.y)) * stride, s.size.height * std::exp(t.h))),
                1e-3);
    expect_near(decode_grid(t, s.cell, s.size, 2),
                box_of(around((column + 2 * sigmoid(t.x) - 0.5) * stride, s.size.width * std::exp(t.w)),
                       around((row + 2 * sigmoid(t.y) - 0.5) * stride, s.size.height * std::exp(t.h))),
                1e-3);
    expect_near(decode_offsets(t, s.cell),
                box_of(around((column + t.x) * stride, std::exp(t.w) * stride), around((row + t.y) * stride, std::exp(t.h) * stride)),
                1e-3);
    expect_near(
        decode_sides({t.x, t.y, t.w, t.h}, s.cell),
        box_of({(column + 0.5 - t.x) * stride, (column + 0.5 + t.w) * stride}, {(row + 0.5 - t.y) * stride, (row + 0.5 + t.h) * stride}),
        1e-3);
  }
}

TEST(BoxCoder, EncodingIsTheInverse) {
  for (const Sample& s : samples()) {
    expect_near(decode_deltas(encode_deltas(s.box, s.anchor, {10, 10, 5, 5}), s.anchor, {10, 10, 5, 5}), s.box, 2e-3);
    expect_near(decode_offsets(encode_offsets(s.box, s.cell), s.cell), s.box, 2e-3);
    expect_near(decode_sides(encode_sides(s.box, s.cell), s.cell), s.box, 2e-3);
    for (const float scale : {1.0f, 1.05f, 2.0f}) {
      const Box box = decode_grid(s.code, s.cell, s.size, scale);  // whose centre is in the cell
      expect_near(decode_grid(encode_grid(box, s.cell, s.size, scale), s.cell, s.size, scale), box, 2e-3);
    }
  }
}

TEST(BoxCoder, HandWorked) {
  // The lectures' transform: bx = px + pw tx, by = py + ph ty, bw = pw exp(tw), bh = ph exp(th).
  const Box proposal{10, 20, 30, 60};  // centre (20, 40), 20 x 40
  expect_near(decode_deltas({0.5f, -0.25f, std::log(2.0f), 0}, proposal), {10, 10, 50, 50}, 1e-5);
  EXPECT_EQ(encode_deltas({10, 10, 50, 50}, proposal), (BoxCode{0.5f, -0.25f, std::log(2.0f), 0}));
  expect_near(decode_grid({0, 0, 0, 0}, {3, 5, 32}, {10, 20}), {107, 166, 117, 186}, 1e-5);
  EXPECT_EQ(encode_grid({107, 166, 117, 186}, {3, 5, 32}, {10, 20}), (BoxCode{0, 0, 0, 0}));
  EXPECT_EQ(encode_sides({90, 170, 120, 190}, {3, 5, 32}), (SideDistances{22 / 32.0f, 6 / 32.0f, 8 / 32.0f, 14 / 32.0f}));
}

TEST(BoxCoder, SizesAreBounded) {
  const Box anchor{0, 0, 16, 16};
  EXPECT_NEAR(decode_deltas({0, 0, 1000, 4.0f}, anchor).width(), 1000, 1e-2);
  EXPECT_NEAR(decode_deltas({0, 0, 1000, 4.0f}, anchor).height(), 16 * std::exp(4.0), 1e-2) << "below the bound";
  EXPECT_NEAR(decode_grid({0, 0, 1000, 0}, {0, 0, 8}, {16, 16}).width(), 1000, 1e-2);
  EXPECT_NEAR(decode_offsets({0, 0, 1000, 0}, {0, 0, 16}).width(), 1000, 1e-2);
}

TEST(BoxCoder, CentresOnABorderHaveFiniteCodes) {
  const BoxCode code = encode_grid({-10, 22, 10, 42}, {0, 0, 32}, {20, 20});  // centre (0, 32)
  EXPECT_TRUE(std::isfinite(code.x) && std::isfinite(code.y));
  expect_near(decode_grid(code, {0, 0, 32}, {20, 20}), {-10, 22, 10, 42}, 1e-3);
}

}  // namespace
}  // namespace fovea
