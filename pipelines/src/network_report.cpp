#include "fovea/pipelines/network_report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>

#include "fovea/autograd/function.hpp"
#include "fovea/nn/parameter_owners.hpp"

namespace fovea {

namespace {

/// What an element of a tensor sees of the image.
struct Field {
  std::int64_t height = 1, width = 1, stride_height = 1, stride_width = 1;
};

using Pair = std::vector<std::int64_t>;

std::optional<Pair> find_pair(const Attributes& attributes, const std::string& name) {
  for (const auto& [key, value] : attributes)
    if (key == name && std::holds_alternative<Pair>(value)) return std::get<Pair>(value);
  return std::nullopt;
}

class ReportRecorder final : public Recorder {
 public:
  ReportRecorder(const Layer& network, const Tensor& image) : owners_(network), image_(image) { fields_[image.raw_data()] = Field{}; }

  void record(const Function& function, std::span<const Variable> inputs, std::span<const Variable> outputs) override {
    const Tensor& output = outputs.front().value();
    LayerReport layer{.operation = function.name(), .output = output.shape(), .bytes = static_cast<std::int64_t>(output.bytes())};
    std::optional<Field> field;
    for (const Variable& input : inputs) {
      const void* data = input.value().raw_data();
      if (const std::string* const owner = owners_.find(input); owner != nullptr) {
        if (layer.name.empty()) layer.name = *owner;
        if (counted_.insert(data).second) layer.parameters += input.shape().numel();
      } else if (const auto seen = fields_.find(data); seen != fields_.end()) {
        field = field ? widest(*field, seen->second) : seen->second;
      }
    }
    layer.macs = count_macs(layer, inputs);
    if (field)
      field = layer.operation == "conv_transpose2d" ? through_transposed(function.attributes(), inputs, *field)
                                                    : through(function.attributes(), inputs, *field);
    const bool is_plane = output.rank() == 4;
    if (field && is_plane) {
      layer.field_height = field->height;
      layer.field_width = field->width;
      layer.stride_height = field->stride_height;
      layer.stride_width = field->stride_width;
      fields_[output.raw_data()] = *field;
    } else {
      fields_.erase(output.raw_data());  // the memory may have held a plane before
    }
    // A reshape is a view: its output is no new memory, and no work.
    if (layer.operation == "reshape") layer.bytes = 0;
    report.layers.push_back(layer);
    kept_.push_back(outputs.front());  // so that addresses stay unique for the whole pass
  }

  NetworkReport report;

 private:
  static Field widest(const Field& a, const Field& b) {
    return {std::max(a.height, b.height), std::max(a.width, b.width), std::max(a.stride_height, b.stride_height),
            std::max(a.stride_width, b.stride_width)};
  }

  static std::int64_t count_macs(const LayerReport& layer, std::span<const Variable> inputs) {
    const bool transposed = layer.operation == "conv_transpose2d";
    if (!transposed && layer.operation != "conv2d" && layer.operation != "linear") return 0;
    // [K,R,S,C/groups] or [O,I]: one multiply-add per weight of an output channel; transposed [C,R,S,K/groups], of an input channel.
    const Shape& weight = inputs[1].shape();
    return weight[0] == 0 ? 0 : (transposed ? inputs[0].shape() : layer.output).numel() * (weight.numel() / weight[0]);
  }

  static Field through(const Attributes& attributes, std::span<const Variable> inputs, Field field) {
    const std::optional<Pair> stride = find_pair(attributes, "stride");
    if (!stride) return field;
    Pair window = find_pair(attributes, "window").value_or(Pair{});
    if (window.empty()) window = {inputs[1].extent(1), inputs[1].extent(2)};
    const Pair dilation = find_pair(attributes, "dilation").value_or(Pair{1, 1});
    field.height += field.stride_height * dilation[0] * (window[0] - 1);
    field.width += field.stride_width * dilation[1] * (window[1] - 1);
    field.stride_height *= (*stride)[0];
    field.stride_width *= (*stride)[1];
    return field;
  }

  /// An output element sees the input elements whose windows reach it. Nothing is known of results finer than the image.
  static std::optional<Field> through_transposed(const Attributes& attributes, std::span<const Variable> inputs, Field field) {
    const Pair stride = find_pair(attributes, "stride").value(), dilation = find_pair(attributes, "dilation").value();
    if (field.stride_height % stride[0] != 0 || field.stride_width % stride[1] != 0) return std::nullopt;
    field.height += field.stride_height * (dilation[0] * (inputs[1].extent(1) - 1) / stride[0]);
    field.width += field.stride_width * (dilation[1] * (inputs[1].extent(2) - 1) / stride[1]);
    field.stride_height /= stride[0];
    field.stride_width /= stride[1];
    return field;
  }

  ParameterOwners owners_;
  Tensor image_;
  std::map<const void*, Field> fields_;
  std::set<const void*> counted_;
  std::vector<Variable> kept_;
};

std::string human_bytes(std::int64_t bytes) {
  if (bytes < 1024) return fmt::format("{} B", bytes);
  if (bytes < 1024 * 1024) return fmt::format("{:.1f} KiB", static_cast<double>(bytes) / 1024);
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1024 * 1024));
}

/// 1234567 -> "1,234,567"
std::string grouped(std::int64_t value) {
  std::string digits = std::to_string(value);
  for (std::ptrdiff_t at = static_cast<std::ptrdiff_t>(digits.size()) - 3; at > 0; at -= 3)
    digits.insert(static_cast<std::size_t>(at), ",");
  return digits;
}

}  // namespace

NetworkReport report_network(Layer& network, std::int64_t height, std::int64_t width, std::int64_t channels) {
  const bool was_training = network.is_training();
  network.eval();
  const Tensor image = Tensor::zeros({1, height, width, channels});
  ReportRecorder recorder(network, image);
  {
    const NoGradGuard no_grad;
    const RecorderGuard recording(recorder);
    network.forward(Variable(image));
  }
  network.train(was_training);
  NetworkReport report = std::move(recorder.report);
  report.parameters = network.parameter_count();
  for (const NamedParameter& parameter : network.parameters())
    report.parameter_bytes += static_cast<std::int64_t>(parameter.variable.value().bytes());
  for (const LayerReport& layer : report.layers) {
    report.macs += layer.macs;
    report.activation_bytes += layer.bytes;
  }
  return report;
}

Json NetworkReport::to_json() const {
  Json list = Json::array();
  for (const LayerReport& layer : layers)
    list.push_back({{"name", layer.name},
                    {"operation", layer.operation},
                    {"output", std::vector<std::int64_t>(layer.output.begin(), layer.output.end())},
                    {"parameters", layer.parameters},
                    {"macs", layer.macs},
                    {"bytes", layer.bytes},
                    {"receptive_field", {layer.field_height, layer.field_width}},
                    {"stride", {layer.stride_height, layer.stride_width}}});
  return {{"parameters", parameters},
          {"macs", macs},
          {"parameter_bytes", parameter_bytes},
          {"activation_bytes", activation_bytes},
          {"layers", list}};
}

std::string NetworkReport::to_text() const {
  std::string text = fmt::format("{:<24} {:<16} {:<18} {:>12} {:>16} {:>11} {:>9} {:>7}\n", "layer", "operation", "output", "parameters",
                                 "MACs", "memory", "field", "stride");
  for (const LayerReport& layer : layers) {
    const bool plane = layer.field_height > 0;
    text += fmt::format("{:<24} {:<16} {:<18} {:>12} {:>16} {:>11} {:>9} {:>7}\n", layer.name.empty() ? "-" : layer.name, layer.operation,
                        layer.output.to_string(), layer.parameters > 0 ? grouped(layer.parameters) : "-",
                        layer.macs > 0 ? grouped(layer.macs) : "-", layer.bytes > 0 ? human_bytes(layer.bytes) : "-",
                        plane ? fmt::format("{}x{}", layer.field_height, layer.field_width) : "-",
                        plane ? fmt::format("{}x{}", layer.stride_height, layer.stride_width) : "-");
  }
  return text + fmt::format("\nparameters  {} ({})\nMACs        {} for one image\nactivations {} for one image\n", grouped(parameters),
                            human_bytes(parameter_bytes), grouped(macs), human_bytes(activation_bytes));
}

}  // namespace fovea
