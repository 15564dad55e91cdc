#include "fovea/vision/label_png.hpp"

#include <fmt/format.h>
#include <png.h>

#include <algorithm>
#include <csetjmp>
#include <cstring>
#include <opencv2/core.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "image_header.hpp"

namespace fovea {

namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr int kMostColours = 256;
constexpr int kMostIds = 1 << 24;

/// What libpng's callbacks share with their caller.
struct PngState {
  Bytes input;                       // what is left to read
  std::vector<std::uint8_t> output;  // what was written
  char message[128] = "is damaged";  // of the error that ended the work
};

/// Runs `step`, which libpng's errors leave by longjmp: nothing in it may have a destructor. False after an error.
template <class Step>
bool succeeds(png_structp png, Step&& step) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  step();
  return true;
}

[[noreturn]] void on_error(png_structp png, png_const_charp message) {
  auto* state = static_cast<PngState*>(png_get_error_ptr(png));
  std::snprintf(state->message, sizeof(state->message), "%s", message);
  png_longjmp(png, 1);
}

void on_warning(png_structp, png_const_charp) {}

void on_read(png_structp png, png_bytep to, std::size_t length) {
  auto* state = static_cast<PngState*>(png_get_io_ptr(png));
  if (state->input.size() < length) png_error(png, "cut short");
  std::memcpy(to, state->input.data(), length);
  state->input = state->input.subspan(length);
}

void on_write(png_structp png, png_bytep bytes, std::size_t length) {
  auto* state = static_cast<PngState*>(png_get_io_ptr(png));
  try {
    state->output.insert(state->output.end(), bytes, bytes + length);
    return;
  } catch (const std::bad_alloc&) {  // must not pass through libpng
  }
  png_error(png, "not enough memory");
}

/// What the pixels of a PNG are, for messages.
std::string kind_of(int colour_type, int bits) {
  switch (colour_type) {
    case PNG_COLOR_TYPE_PALETTE:
      return fmt::format("{}-bit palette indices", bits);
    case PNG_COLOR_TYPE_GRAY:
      return fmt::format("{}-bit grey", bits);
    case PNG_COLOR_TYPE_GRAY_ALPHA:
      return fmt::format("{}-bit grey with alpha", bits);
    case PNG_COLOR_TYPE_RGB:
      return fmt::format("{}-bit RGB colours", bits);
    default:
      return fmt::format("{}-bit RGB colours with alpha", bits);
  }
}

/// One PNG in memory, read from the front.
class PngReader {
 public:
  PngReader(Bytes bytes, const std::string& name) : name_(name) {
    state_.input = bytes;
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, &state_, on_error, on_warning);
    info_ = png_ == nullptr ? nullptr : png_create_info_struct(png_);
    if (info_ == nullptr) {
      png_destroy_read_struct(&png_, nullptr, nullptr);
      throw std::bad_alloc();
    }
    png_set_read_fn(png_, &state_, on_read);
  }
  ~PngReader() { png_destroy_read_struct(&png_, &info_, nullptr); }
  PngReader(const PngReader&) = delete;
  PngReader& operator=(const PngReader&) = delete;

  void read_header() {
    run([this] { png_read_info(png_, info_); });
  }
  int colour_type() const { return png_get_color_type(png_, info_); }
  int bits() const { return png_get_bit_depth(png_, info_); }
  std::string kind() const { return kind_of(colour_type(), bits()); }

  Palette palette() const {
    png_colorp colours = nullptr;
    int count = 0;
    Palette palette;
    if (png_get_PLTE(png_, info_, &colours, &count) == 0) return palette;
    for (int i = 0; i < count; ++i) palette.push_back({colours[i].red, colours[i].green, colours[i].blue});
    return palette;
  }

  /// The samples as stored, of a matrix type that has as many.
  cv::Mat read_pixels(int type) {
    cv::Mat pixels(static_cast<int>(png_get_image_height(png_, info_)), static_cast<int>(png_get_image_width(png_, info_)), type);
    std::vector<png_bytep> rows;
    for (int y = 0; y < pixels.rows; ++y) rows.push_back(pixels.ptr(y));
    run([&] {
      png_set_packing(png_);  // samples of 1, 2 and 4 bits, one a byte
      if (bits() == 16) png_set_swap(png_);
      png_read_image(png_, rows.data());
      png_read_end(png_, nullptr);
    });
    return pixels;
  }

  [[noreturn]] void refuse(const std::string& reason) const { throw FileError(name_, reason); }

 private:
  template <class Step>
  void run(Step&& step) {
    if (!succeeds(png_, step)) refuse(fmt::format("cannot be decoded: the PNG is damaged ({})", state_.message));
  }

  const std::string& name_;
  PngState state_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
};

void require_png(Bytes bytes, const std::string& name, const ImagePolicy& policy) {
  const ImageHeader header = read_allowed_header(bytes, name, policy);
  if (header.format != ImageFormat::png) throw FileError(name, fmt::format("is {}, expected a PNG of labels", name_of(header.format)));
}

/// Encodes rows of `pixels`, whose type fits colour type and bits.
std::vector<std::uint8_t> encode_png(const cv::Mat& pixels, int colour_type, int bits, const Palette& palette) {
  PngState state;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, &state, on_error, on_warning);
  png_infop info = png == nullptr ? nullptr : png_create_info_struct(png);
  std::vector<png_color> colours;
  for (const auto& [red, green, blue] : palette) colours.push_back({red, green, blue});
  std::vector<png_bytep> rows;
  for (int y = 0; y < pixels.rows; ++y) rows.push_back(const_cast<png_bytep>(pixels.ptr(y)));
  const bool done = info != nullptr && succeeds(png, [&] {
                      png_set_write_fn(png, &state, on_write, nullptr);
                      png_set_IHDR(png, info, static_cast<png_uint_32>(pixels.cols), static_cast<png_uint_32>(pixels.rows), bits,
                                   colour_type, PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
                      if (!colours.empty()) png_set_PLTE(png, info, colours.data(), static_cast<int>(colours.size()));
                      png_write_info(png, info);
                      if (bits == 16) png_set_swap(png);
                      png_write_image(png, rows.data());
                      png_write_end(png, nullptr);
                    });
  png_destroy_write_struct(&png, &info);
  if (!done) throw Error(fmt::format("[label_png] {}x{} pixels cannot be encoded: {}", pixels.cols, pixels.rows, state.message));
  return state.output;
}

}  // namespace

Palette voc_palette(int count) {
  if (count < 0 || count > kMostColours)
    throw OptionError(fmt::format("[voc_palette] wants 0 to {} colours, found {}", kMostColours, count));
  constexpr int kBits = 8;
  Palette palette(static_cast<std::size_t>(count), {0, 0, 0});
  for (int label = 0; label < count; ++label)
    for (int bit = 0; bit < kBits; ++bit)
      palette[static_cast<std::size_t>(label)][static_cast<std::size_t>(bit % 3)] |=
          static_cast<std::uint8_t>((label >> bit & 1) << (kBits - 1 - bit / 3));
  return palette;
}

int ignored_label(int map_type) { return map_type == CV_8UC1 ? UINT8_MAX : UINT16_MAX; }

LabelPng decode_label_png(Bytes bytes, const std::string& name, const ImagePolicy& policy) {
  require_png(bytes, name, policy);
  PngReader reader(bytes, name);
  reader.read_header();
  if (reader.colour_type() != PNG_COLOR_TYPE_PALETTE && reader.colour_type() != PNG_COLOR_TYPE_GRAY)
    reader.refuse(fmt::format(
        "holds {}, expected labels: palette indices or grey; write the class of each pixel as a number, in one channel", reader.kind()));
  LabelPng png;
  if (reader.colour_type() == PNG_COLOR_TYPE_PALETTE) png.palette = reader.palette();
  png.labels = reader.read_pixels(reader.bits() == 16 ? CV_16UC1 : CV_8UC1);
  return png;
}

LabelPng read_label_png(const std::filesystem::path& path, const ImagePolicy& policy) {
  return decode_label_png(read_file(path, policy.max_file_bytes), path.string(), policy);
}

void write_label_png(const std::filesystem::path& path, const cv::Mat& labels, const Palette& palette) {
  const bool fits = labels.type() == CV_8UC1 || (labels.type() == CV_16UC1 && palette.empty());
  if (labels.empty() || !fits || palette.size() > kMostColours)
    throw ShapeError(
        fmt::format("[write_label_png] wants labels of one channel with 8 bits, or 16 without a palette, and at most {} colours, "
                    "found {}x{} of type {} and {} colours",
                    kMostColours, labels.cols, labels.rows, cv::typeToString(labels.type()), palette.size()));
  Palette colours = palette;
  if (!palette.empty()) {
    double highest = 0;
    cv::minMaxIdx(labels, nullptr, &highest);
    if (highest >= static_cast<double>(palette.size())) colours.resize(kMostColours, {0, 0, 0});
  }
  const int bits = labels.type() == CV_16UC1 ? 16 : 8;
  write_file(path, encode_png(labels, palette.empty() ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_PALETTE, bits, colours));
}

cv::Mat read_id_png(const std::filesystem::path& path, const ImagePolicy& policy) {
  const std::vector<std::uint8_t> bytes = read_file(path, policy.max_file_bytes);
  const std::string name = path.string();
  require_png(bytes, name, policy);
  PngReader reader(bytes, name);
  reader.read_header();
  if (reader.colour_type() != PNG_COLOR_TYPE_RGB || reader.bits() != 8)
    reader.refuse(fmt::format("holds {}, expected 8-bit RGB: the number of a region as R + 256 G + 65536 B", reader.kind()));
  const cv::Mat rgb = reader.read_pixels(CV_8UC3);
  cv::Mat ids(rgb.size(), CV_32SC1);
  for (int y = 0; y < rgb.rows; ++y) {
    const auto* in = rgb.ptr<cv::Vec3b>(y);
    auto* out = ids.ptr<std::int32_t>(y);
    for (int x = 0; x < rgb.cols; ++x) out[x] = in[x][0] | in[x][1] << 8 | in[x][2] << 16;
  }
  return ids;
}

void write_id_png(const std::filesystem::path& path, const cv::Mat& ids) {
  double lowest = 0, highest = 0;
  if (!ids.empty() && ids.type() == CV_32SC1) cv::minMaxIdx(ids, &lowest, &highest);
  if (ids.empty() || ids.type() != CV_32SC1 || lowest < 0 || highest >= kMostIds)
    throw ShapeError(fmt::format("[write_id_png] wants numbers from 0 to {} of type CV_32SC1, found {}x{} of type {}, {} to {}",
                                 kMostIds - 1, ids.cols, ids.rows, cv::typeToString(ids.type()), lowest, highest));
  cv::Mat rgb(ids.size(), CV_8UC3);
  for (int y = 0; y < ids.rows; ++y) {
    const auto* in = ids.ptr<std::int32_t>(y);
    auto* out = rgb.ptr<cv::Vec3b>(y);
    for (int x = 0; x < ids.cols; ++x)
      out[x] = {static_cast<std::uint8_t>(in[x]), static_cast<std::uint8_t>(in[x] >> 8), static_cast<std::uint8_t>(in[x] >> 16)};
  }
  write_file(path, encode_png(rgb, PNG_COLOR_TYPE_RGB, 8, {}));
}

}  // namespace fovea
