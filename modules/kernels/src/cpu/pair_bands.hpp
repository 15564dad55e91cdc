// Bands of pixels with two neighbouring pixels interleaved: what sums over pixels of bf16 multiply.
#pragma once

#include "cpu/outer_plan.hpp"
#include "cpu/pairs.hpp"

namespace fovea::kernels::FOVEA_ISA_NAMESPACE {

/// A band of one operand: [pairs of pixels][pitch], of each channel the pair in one word.
struct PairBand {
  std::uint32_t* words;
  std::int64_t pitch;
};

/// Pixels of a strip, and where they begin in the target.
struct Strip {
  std::int64_t image, row, column, pixels;
};

static inline Strip strip_at(const OuterProduct<bf16>& o, const OuterPlan& plan, std::int64_t index) {
  const std::int64_t line = index / plan.strips_per_line, first = index % plan.strips_per_line * kStripPixels;
  return {line / o.target.height, line % o.target.height, first, minimum(kStripPixels, o.target.width - first)};
}

/// The pairs of all strips of a band. Of every strip with an odd number of pixels, the last is beside a zero.
static inline std::int64_t pairs_of_strips(const OuterProduct<bf16>& o, const OuterPlan& plan, Range band) {
  std::int64_t pairs = 0;
  for (std::int64_t strip = band.begin; strip < band.end; ++strip) pairs += ceil_div(strip_at(o, plan, strip).pixels, 2);
  return pairs;
}

/// pixel(strip, index) is the first of `count` channels of a pixel of a strip, or null where there is none.
template <class Pixel>
void interleave(const OuterProduct<bf16>& o, const OuterPlan& plan, Range band, std::int64_t count, const PairBand& out, Pixel pixel) {
  std::uint32_t* words = out.words;
  for (std::int64_t index = band.begin; index < band.end; ++index) {
    const Strip strip = strip_at(o, plan, index);
    for (std::int64_t p = 0; p < strip.pixels; p += 2, words += out.pitch) {
      const bf16 *low = pixel(strip, p), *high = p + 1 < strip.pixels ? pixel(strip, p + 1) : nullptr;
      for (std::int64_t c = 0; c < count; c += kLanes) {
        const std::int64_t valid = minimum(kLanes, count - c);
        store_words(words + c,
                    pairs_of(low != nullptr ? load_lanes(low + c, valid) : zero(), high != nullptr ? load_lanes(high + c, valid) : zero()));
      }
    }
  }
}

static inline void interleave_target(const OuterProduct<bf16>& o, const OuterPlan& plan, Range band, Range channels, const PairBand& out) {
  interleave(o, plan, band, channels.end - channels.begin, out, [&](const Strip& strip, std::int64_t p) {
    return o.target.data + (strip.image * o.target.image_stride + strip.row * o.target.row_stride +
                            (strip.column + p) * o.target.pixel_stride + channels.begin);
  });
}

/// As tap (r, s) sees the source: null outside the image.
static inline void interleave_source(const OuterProduct<bf16>& o, const OuterPlan& plan, Range band, Range channels, std::int64_t r,
                                     std::int64_t s, const PairBand& out) {
  interleave(o, plan, band, channels.end - channels.begin, out, [&](const Strip& strip, std::int64_t p) -> const bf16* {
    const std::int64_t row = o.vertical.source(strip.row, r), column = o.horizontal.source(strip.column + p, s);
    if (row < 0 || row >= o.source.height || column < 0 || column >= o.source.width) return nullptr;
    return o.source.data +
           (strip.image * o.source.image_stride + row * o.source.row_stride + column * o.source.pixel_stride + channels.begin);
  });
}

/// The most pairs that a band has.
static inline std::int64_t band_pairs(const OuterProduct<bf16>& o, const OuterPlan& plan) {
  return plan.band_strips * ceil_div(minimum(o.target.width, kStripPixels), 2);
}

}  // namespace fovea::kernels::FOVEA_ISA_NAMESPACE
