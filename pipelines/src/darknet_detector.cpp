#include "darknet_detector.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "fovea/data/label_names.hpp"
#include "fovea/pipelines/darknet_import.hpp"
#include "fovea/pipelines/darknet_network.hpp"

namespace fovea {

namespace {

std::vector<cv::Size2f> anchor_sizes(const std::vector<double>& numbers, const std::vector<std::int64_t>& mask) {
  std::vector<cv::Size2f> sizes;
  const auto add = [&](std::size_t i) { sizes.emplace_back(static_cast<float>(numbers[2 * i]), static_cast<float>(numbers[2 * i + 1])); };
  for (const std::int64_t index : mask) add(static_cast<std::size_t>(index));
  if (mask.empty())
    for (std::size_t i = 0; i < numbers.size() / 2; ++i) add(i);
  return sizes;
}

OutputDecoder layer_decoder(const DarknetOperation& operation, const std::string& name) {
  if (const auto* l = std::get_if<DarknetYolo>(&operation))
    return [name, layout = YoloHeadLayout{anchor_sizes(l->anchors, l->mask), l->classes, l->scale_x_y, l->new_coords}](
               auto outputs, const DecodeRequest& request, Detections& found) {
      decode_yolo(find_output(outputs, name), layout, request, found);
    };
  if (const auto* l = std::get_if<DarknetRegion>(&operation))
    return [name, layout = RegionHeadLayout{anchor_sizes(l->anchors, {}), l->classes, l->softmax}](
               auto outputs, const DecodeRequest& request, Detections& found) {
      decode_region(find_output(outputs, name), layout, request, found);
    };
  if (const auto* l = std::get_if<DarknetDetection>(&operation))
    return [name, layout = GridHeadLayout{l->side, l->num, l->classes, l->softmax, l->sqrt}](auto outputs, const DecodeRequest& request,
                                                                                             Detections& found) {
      decode_grid(find_output(outputs, name), layout, request, found);
    };
  return {};
}

std::int64_t classes_of(const DarknetConfig& config) {
  std::int64_t classes = 0;
  for (const DarknetLayer& layer : config.layers)
    std::visit(
        [&]<class Layer>(const Layer& l) {
          if constexpr (std::is_same_v<Layer, DarknetYolo> || std::is_same_v<Layer, DarknetRegion> ||
                        std::is_same_v<Layer, DarknetDetection>)
            classes = std::max(classes, l.classes);
        },
        layer.operation);
  return classes;
}

Preprocessing preprocessing_of(const DarknetConfig& config, const std::string& resize) {
  Preprocessing preprocessing{.width = static_cast<int>(config.net.width),
                              .height = static_cast<int>(config.net.height),
                              .channels = static_cast<int>(config.net.channels),
                              .resize = resize_mode_from(resize),
                              .pad_value = 128,  // Darknet's letterbox is grey, 0.5
                              .mean = std::vector<double>(static_cast<std::size_t>(config.net.channels), 0),
                              .deviation = std::vector<double>(static_cast<std::size_t>(config.net.channels), 1)};
  preprocessing.check("preprocessing");
  return preprocessing;
}

std::vector<std::string> labels_of(const std::vector<std::string>& names, std::int64_t classes) {
  if (!names.empty() && static_cast<std::int64_t>(names.size()) != classes)
    throw OptionError(fmt::format("the network has {} classes but {} names are given", classes, names.size()));
  if (!names.empty()) return names;
  std::vector<std::string> labels;
  for (std::int64_t i = 0; i < classes; ++i) labels.push_back(std::to_string(i));
  return labels;
}

/// What the header of the weights says, as a model file keeps it.
Json weights_facts(const DarknetWeights& weights) {
  return {{"seen", weights.seen}, {"darknet_format", {weights.major, weights.minor, weights.revision}}};
}

void read_facts(const Json& facts, const std::string& where, DarknetWeights& weights) {
  std::vector<std::int64_t> format = {weights.major, weights.minor, weights.revision};
  read_option(facts, "seen", weights.seen, where);
  read_option(facts, "darknet_format", format, where);
  if (format.size() != 3) throw FileError(where, fmt::format("darknet_format has {} numbers, expected 3", format.size()));
  weights.major = static_cast<std::int32_t>(format[0]);
  weights.minor = static_cast<std::int32_t>(format[1]);
  weights.revision = static_cast<std::int32_t>(format[2]);
}

/// The same network for OpenCV, which reads it from a description and weights of Darknet's. Its yolo and region layers decode; what they
/// take comes out of the permutation in front of them.
std::unique_ptr<Engine> darknet_dnn_engine(const DarknetConfig& config, DarknetNetwork& network, const std::string& where,
                                           const std::string& device) {
  DnnModel model{.format = DnnModel::Format::darknet, .where = where, .device = device};
  const std::string text = to_text(config);
  model.description.assign(text.begin(), text.end());
  write_darknet_weights(darknet_weights(config, network.state_dict()), config,
                        [&](std::string_view bytes) { model.weights.insert(model.weights.end(), bytes.begin(), bytes.end()); });
  for (const std::string& name : network.output_names()) {
    if (name.starts_with("detection")) throw OptionError("the engine opencv-dnn does not know Darknet's [detection] layers");
    model.outputs.push_back({"permute" + name.substr(name.rfind('_')), name});
  }
  return make_dnn_engine(std::move(model));
}

DetectionPipeline pipeline_of(const std::shared_ptr<DarknetNetwork>& network, const Preprocessing& preprocessing,
                              const std::vector<std::string>& names, const std::string& where, const DetectorLoadOptions& options) {
  const DarknetConfig& config = network->config();
  auto engine = options.engine == "fovea"
                    ? make_eager_engine(
                          network, [network](const Variable& batch) { return network->outputs(batch); }, options.precision)
                    : darknet_dnn_engine(config, *network, where, options.device);
  return {std::move(engine), darknet_decoder(config), preprocessing, labels_of(names, classes_of(config))};
}

}  // namespace

bool is_darknet_detector(const ModelFile& file, const std::string& where) {
  std::string name;
  read_option(parse_json(file.metadata.architecture, where), "name", name, where);
  return name == kDarknetArchitecture;
}

DarknetConfig darknet_config_of(const ModelFile& file, const std::string& where) {
  const Json architecture = parse_json(file.metadata.architecture, where);
  std::string name, text;
  read_option(architecture, "name", name, where);
  read_option(architecture, "cfg", text, where);
  if (name != kDarknetArchitecture || text.empty())
    throw FileError(where, fmt::format("holds the network \"{}\", expected one imported from Darknet", name));
  return parse_darknet_config(text, where + ", cfg");
}

std::unique_ptr<DarknetNetwork> load_darknet_network(const ModelFile& file, const std::string& where) {
  auto network = std::make_unique<DarknetNetwork>(darknet_config_of(file, where), where);
  load_state(file.tensors, network->state_dict(), where);
  network->eval();
  return network;
}

OutputDecoder darknet_decoder(const DarknetConfig& config) {
  std::vector<OutputDecoder> decoders;
  for (std::size_t i = 0; i < config.layers.size(); ++i) {
    const DarknetOperation& operation = config.layers[i].operation;
    if (OutputDecoder decoder = layer_decoder(operation, fmt::format("{}_{}", name_of(operation), i)))
      decoders.push_back(std::move(decoder));
  }
  if (decoders.empty()) throw OptionError("the network has no [yolo], [region] or [detection] layer: it is no detector");
  return [decoders](auto outputs, const DecodeRequest& request, Detections& found) {
    for (const OutputDecoder& decoder : decoders) decoder(outputs, request, found);
  };
}

DetectionPipeline load_darknet_detector(const ModelFile& file, const std::string& where, const DetectorLoadOptions& options) {
  const Preprocessing preprocessing = Preprocessing::from_json(parse_json(file.metadata.preprocessing, where), "preprocessing");
  return pipeline_of(load_darknet_network(file, where), preprocessing, file.metadata.labels, where, options);
}

DetectionPipeline load_darknet_files(const std::filesystem::path& config_path, const DetectorLoadOptions& options) {
  const std::string where = config_path.string();
  const DarknetConfig config = read_darknet_config(config_path);
  const std::filesystem::path weights = std::filesystem::path(config_path).replace_extension(".weights"),
                              names = std::filesystem::path(config_path).replace_extension(".names");
  const auto network = std::make_shared<DarknetNetwork>(config, where);
  load_state(darknet_state(config, read_darknet_weights(weights, config)), network->state_dict(), weights.string());
  network->eval();
  return pipeline_of(network, preprocessing_of(config, "stretch"),
                     std::filesystem::exists(names) ? read_label_names(names) : std::vector<std::string>(), where, options);
}

DarknetImportSummary import_darknet(const DarknetImportOptions& options, const std::filesystem::path& out) {
  const DarknetConfig config = read_darknet_config(options.config);
  darknet_decoder(config);  // throws for what is no detector
  const DarknetWeights weights = read_darknet_weights(options.weights, config);
  const std::int64_t classes = classes_of(config);
  const Preprocessing preprocessing = preprocessing_of(config, options.resize);
  const std::vector<std::string> labels = labels_of(options.names, classes);
  DarknetNetwork network(config, options.config.string());
  load_state(darknet_state(config, weights), network.state_dict(), options.weights.string());
  const Json architecture = {{"name", kDarknetArchitecture}, {"classes", classes}, {"cfg", to_text(config)}};
  save_model(out, network.state_dict(),
             {.task = "detect",
              .architecture = architecture.dump(),
              .labels = labels,
              .preprocessing = preprocessing.to_json().dump(),
              .training = weights_facts(weights).dump()});
  return {.layers = static_cast<std::int64_t>(config.layers.size()),
          .parameters = network.parameter_count(),
          .classes = classes,
          .seen = weights.seen};
}

void export_darknet(const std::filesystem::path& model, const std::filesystem::path& config_path,
                    const std::filesystem::path& weights_path) {
  const std::string where = model.string();
  const ModelFile file = load_model_file(model);
  const auto network = load_darknet_network(file, where);
  const DarknetConfig& config = network->config();
  DarknetWeights weights = darknet_weights(config, network->state_dict());
  if (!file.metadata.training.empty()) read_facts(parse_json(file.metadata.training, where), where, weights);
  write_darknet_config(config_path, config);
  write_darknet_weights(weights_path, weights, config);
}

}  // namespace fovea
