#include "fovea/interchange/darknet_weights.hpp"

#include <fmt/ranges.h>

#include <bit>
#include <cstring>
#include <limits>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"

namespace fovea {

namespace {

static_assert(std::endian::native == std::endian::little, "numbers are copied as they lie in the file");

constexpr std::size_t kVersionBytes = 3 * sizeof(std::int32_t);

/// Darknet's own test, with its exception for the versions that mark transposed matrices.
bool has_wide_count(const DarknetWeights& w) { return std::int64_t{w.major} * 10 + w.minor >= 2 && w.major < 1000 && w.minor < 1000; }

bool has_transposed_matrices(const DarknetWeights& w) { return w.major > 1000 || w.minor > 1000; }

/// One tensor of a layer: where it is kept and the shape that it has.
struct Part {
  const char* name;
  Tensor DarknetLayerWeights::*member;
  Shape shape;
};

/// The tensors of a layer in the order of the file.
std::vector<Part> parts_of(const DarknetOperation& operation, const DarknetShape& input) {
  using W = DarknetLayerWeights;
  const auto norm = [](std::int64_t channels) {
    return std::vector<Part>{{"scales", &W::scales, {channels}}, {"mean", &W::mean, {channels}}, {"variance", &W::variance, {channels}}};
  };
  std::vector<Part> parts;
  if (const auto* conv = std::get_if<DarknetConvolutional>(&operation)) {
    parts.push_back({"bias", &W::bias, {conv->filters}});
    if (conv->batch_normalize)
      for (Part& part : norm(conv->filters)) parts.push_back(part);
    parts.push_back({"filters", &W::weights, {conv->filters, input.channels / conv->groups, conv->size, conv->size}});
  } else if (const auto* connected = std::get_if<DarknetConnected>(&operation)) {
    parts.push_back({"bias", &W::bias, {connected->output}});
    parts.push_back({"matrix", &W::weights, {connected->output, input.size()}});
    if (connected->batch_normalize)
      for (Part& part : norm(connected->output)) parts.push_back(part);
  }
  return parts;
}

/// [rows,columns] -> [columns,rows]
Tensor transposed(const Tensor& matrix) {
  const std::int64_t rows = matrix.extent(0), columns = matrix.extent(1);
  Tensor result = Tensor::empty({columns, rows});
  const float* source = matrix.data<float>();
  float* destination = result.mutable_data<float>();
  for (std::int64_t i = 0; i < rows; ++i)
    for (std::int64_t j = 0; j < columns; ++j) destination[j * rows + i] = source[i * columns + j];
  return result;
}

class WeightsReader {
 public:
  WeightsReader(std::span<const std::uint8_t> bytes, const DarknetConfig& config, const std::string& where)
      : bytes_(bytes), config_(config), where_(where), shapes_(darknet_shapes(config, where)) {}

  DarknetWeights read() {
    read_header();
    check_length();
    for (std::size_t i = 0; i < config_.layers.size(); ++i) weights_.layers.push_back(read_layer(i));
    return std::move(weights_);
  }

 private:
  template <class T>
  T take() {
    T value{};
    std::memcpy(&value, bytes_.data(), sizeof value);
    bytes_ = bytes_.subspan(sizeof value);
    return value;
  }

  void read_header() {
    const std::size_t whole = bytes_.size();
    const auto require = [&](std::size_t bytes) {
      if (bytes_.size() < bytes)
        throw FileError(where_, fmt::format("has {} bytes, which is less than the header of a Darknet weights file", whole));
    };
    require(kVersionBytes);
    for (std::int32_t* field : {&weights_.major, &weights_.minor, &weights_.revision}) *field = take<std::int32_t>();
    if (weights_.major < 0 || weights_.minor < 0)
      throw FileError(where_, fmt::format("has the format version {}.{}: this is no Darknet weights file", weights_.major, weights_.minor));
    require(has_wide_count(weights_) ? sizeof(std::uint64_t) : sizeof(std::uint32_t));
    weights_.seen = has_wide_count(weights_) ? take<std::uint64_t>() : take<std::uint32_t>();
  }

  /// A description may ask for more numbers than any file has: lengths are compared before memory is taken. No sum overflows, for it
  /// stops where it passes the length of the file, and no layer has more than 2^31 inputs and 2^16 outputs.
  void check_length() const {
    const auto available = static_cast<std::int64_t>(bytes_.size() / sizeof(float));
    std::int64_t wanted = 0;
    for (std::size_t i = 0; i < config_.layers.size(); ++i) {
      const std::vector<Part> parts = parts_of(config_.layers[i].operation, darknet_input(config_, shapes_, i));
      std::int64_t of_layer = 0;
      std::vector<std::string> counts;
      for (const Part& part : parts) {
        of_layer += part.shape.numel();
        counts.push_back(fmt::format("{} {}", part.name, part.shape.numel()));
      }
      if (of_layer > available - wanted)
        throw FileError(where_, fmt::format("ends in layer {} ([{}], line {} of its description), which wants {} numbers ({}): {} are left",
                                            i, name_of(config_.layers[i].operation), config_.layers[i].line, of_layer,
                                            fmt::join(counts, ", "), available - wanted));
      wanted += of_layer;
    }
    if (bytes_.size() != static_cast<std::size_t>(wanted) * sizeof(float))
      throw FileError(where_, fmt::format("has {} bytes behind its header, but the layers of the description want {} ({} numbers)",
                                          bytes_.size(), static_cast<std::size_t>(wanted) * sizeof(float), wanted));
  }

  DarknetLayerWeights read_layer(std::size_t index) {
    DarknetLayerWeights layer;
    for (const Part& part : parts_of(config_.layers[index].operation, darknet_input(config_, shapes_, index))) {
      const bool swaps = part.shape.rank() == 2 && has_transposed_matrices(weights_);
      Tensor tensor = Tensor::empty(swaps ? Shape{part.shape.at(1), part.shape.at(0)} : part.shape);
      std::memcpy(tensor.raw_data(), bytes_.data(), tensor.bytes());
      bytes_ = bytes_.subspan(tensor.bytes());
      layer.*part.member = swaps ? transposed(tensor) : std::move(tensor);
    }
    return layer;
  }

  std::span<const std::uint8_t> bytes_;  // what has not been read yet
  const DarknetConfig& config_;
  const std::string& where_;
  std::vector<DarknetShape> shapes_;
  DarknetWeights weights_;
};

template <class T>
std::string_view bytes_of(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof value};
}

void write_header(const DarknetWeights& weights, const std::function<void(std::string_view)>& sink) {
  for (const std::int32_t field : {weights.major, weights.minor, weights.revision}) sink(bytes_of(field));
  if (has_wide_count(weights)) return sink(bytes_of(weights.seen));
  if (weights.seen > std::numeric_limits<std::uint32_t>::max())
    throw OptionError(fmt::format("a Darknet weights file of format {}.{} counts up to {} images, found {}", weights.major, weights.minor,
                                  std::numeric_limits<std::uint32_t>::max(), weights.seen));
  sink(bytes_of(static_cast<std::uint32_t>(weights.seen)));
}

}  // namespace

DarknetWeights parse_darknet_weights(std::span<const std::uint8_t> bytes, const DarknetConfig& config, const std::string& where) {
  return WeightsReader(bytes, config, where).read();
}

DarknetWeights read_darknet_weights(const std::filesystem::path& path, const DarknetConfig& config) {
  return parse_darknet_weights(read_file(path), config, path.string());
}

void write_darknet_weights(const DarknetWeights& weights, const DarknetConfig& config, const std::function<void(std::string_view)>& sink) {
  const std::vector<DarknetShape> shapes = darknet_shapes(config, "description");
  if (weights.layers.size() != config.layers.size())
    throw OptionError(
        fmt::format("the description has {} layers, but there are weights of {}", config.layers.size(), weights.layers.size()));
  write_header(weights, sink);
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    for (const Part& part : parts_of(config.layers[i].operation, darknet_input(config, shapes, i))) {
      const Tensor& tensor = weights.layers[i].*part.member;
      if (!tensor.defined() || tensor.shape() != part.shape || tensor.dtype() != DType::f32)
        throw OptionError(
            fmt::format("the {} of layer {} are {}, expected f32 {}", part.name, i,
                        tensor.defined() ? name_of(tensor.dtype()) + std::string(" ") + tensor.shape().to_string() : "missing",
                        part.shape.to_string()));
      const Tensor stored = part.shape.rank() == 2 && has_transposed_matrices(weights) ? transposed(tensor) : tensor;
      sink({static_cast<const char*>(stored.raw_data()), stored.bytes()});
    }
  }
}

void write_darknet_weights(const std::filesystem::path& path, const DarknetWeights& weights, const DarknetConfig& config) {
  FileWriter writer(path);
  write_darknet_weights(weights, config, [&](std::string_view bytes) { writer.append(bytes); });
  writer.commit();
}

}  // namespace fovea
