#include "foreign_detector.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "darknet_detector.hpp"
#include "fovea/autograd/ops/permute.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/json.hpp"
#include "fovea/base/text.hpp"
#include "fovea/data/label_names.hpp"
#include "fovea/detection/decode_boxes.hpp"

namespace fovea {

namespace {

namespace fs = std::filesystem;

using Format = DnnModel::Format;

struct FormatEntry {
  const char* extension;
  Format format;
};
constexpr FormatEntry kFormats[] = {
    {".onnx", Format::onnx}, {".caffemodel", Format::caffe}, {".weights", Format::darknet}, {".pb", Format::tensorflow}};

Format format_of(const fs::path& model) {
  for (const FormatEntry& entry : kFormats)
    if (model.extension() == entry.extension) return entry.format;
  throw OptionError(fmt::format("model is \"{}\", expected a file .onnx, .caffemodel, .weights or .pb", model.string()));
}

std::vector<std::string> labels_of(const Json& json, const fs::path& folder, const std::string& where) {
  std::vector<std::string> labels;
  std::string names;
  read_option(json, "labels", labels, where);
  read_option(json, "names", names, where);
  if (labels.empty() == names.empty())
    throw OptionError(fmt::format("{}: expected either labels or names (a file of one name per line)", where));
  return names.empty() ? labels : read_label_names(folder / names);
}

std::vector<cv::Size2f> pairs_of(const std::vector<double>& numbers, const std::string& where) {
  if (numbers.empty() || numbers.size() % 2 != 0)
    throw OptionError(fmt::format("{}: anchors has {} numbers, expected widths and heights by turns", where, numbers.size()));
  std::vector<cv::Size2f> pairs;
  for (std::size_t i = 0; i < numbers.size(); i += 2)
    pairs.emplace_back(static_cast<float>(numbers[i]), static_cast<float>(numbers[i + 1]));
  return pairs;
}

// --- decoders: one function for each kind ------------------------------------------------------------------------------------------

OutputDecoder yolo_decoder(const Json& json, std::int64_t classes, const std::string& where) {
  require_known_keys(json, std::vector<std::string>{"kind", "heads", "scale_x_y", "new_coords", "channels_first"}, where);
  if (!json.contains("heads") || !json["heads"].is_array() || json["heads"].empty())
    throw OptionError(fmt::format("{}: expected heads, an array of {{\"output\", \"anchors\"}}", where));
  struct Head {
    std::string output;
    YoloHeadLayout layout;
  };
  bool channels_first = true;
  read_option(json, "channels_first", channels_first, where);
  std::vector<Head> heads;
  for (const Json& entry : json["heads"]) {
    const std::string inner = where + ", heads";
    const std::vector<std::string> keys = {"output", "anchors"};
    require_known_keys(entry, keys, inner);
    require_keys(entry, keys, inner);
    Head head{.layout = {.classes = classes}};
    std::vector<double> anchors;
    read_option(entry, "output", head.output, inner);
    read_option(entry, "anchors", anchors, inner);
    head.layout.anchors = pairs_of(anchors, inner);
    read_option(json, "scale_x_y", head.layout.scale_x_y, where);
    read_option(json, "new_coords", head.layout.new_coords, where);
    heads.push_back(std::move(head));
  }
  return [heads, channels_first](auto outputs, const DecodeRequest& request, Detections& found) {
    for (const Head& head : heads) {
      const Tensor& raw = find_output(outputs, head.output);
      decode_yolo(channels_first && raw.rank() == 4 ? permute(Variable(raw), {0, 2, 3, 1}).value() : raw, head.layout, request, found);
    }
  };
}

OutputDecoder prior_decoder(const Json& json, const std::string& where) {
  require_known_keys(
      json,
      std::vector<std::string>{"kind", "boxes", "scores", "encoded", "background", "strides", "sizes", "center_variance", "size_variance"},
      where);
  PriorHeadLayout layout;
  std::string boxes = "boxes", scores = "scores";
  read_option(json, "boxes", boxes, where);
  read_option(json, "scores", scores, where);
  read_option(json, "encoded", layout.is_encoded, where);
  read_option(json, "background", layout.has_background, where);
  read_option(json, "center_variance", layout.center_variance, where);
  read_option(json, "size_variance", layout.size_variance, where);
  read_option(json, "strides", layout.priors.strides, where);
  if (json.contains("sizes")) {
    if (!json["sizes"].is_array())
      throw OptionError(fmt::format("{}: sizes is {}, expected an array of arrays", where, json["sizes"].type_name()));
    for (const Json& entry : json["sizes"]) {
      std::vector<double> sizes;
      read_option(Json{{"sizes", entry}}, "sizes", sizes, where);
      layout.priors.sizes.push_back(std::move(sizes));
    }
  }
  if (layout.is_encoded && layout.priors.strides.empty())
    throw OptionError(fmt::format("{}: expected strides and sizes of the priors, or \"encoded\": false", where));
  return [=](auto outputs, const DecodeRequest& request, Detections& found) {
    decode_priors(find_output(outputs, boxes), find_output(outputs, scores), layout, request, found);
  };
}

OutputDecoder row_decoder(const Json& json, std::int64_t classes, const std::string& where) {
  require_known_keys(json, std::vector<std::string>{"kind", "output", "objectness", "transposed"}, where);
  RowLayout layout{.classes = classes};
  std::string output = "output0";
  read_option(json, "output", output, where);
  read_option(json, "objectness", layout.has_objectness, where);
  read_option(json, "transposed", layout.transposed, where);
  return [=](auto outputs, const DecodeRequest& request, Detections& found) {
    decode_rows(find_output(outputs, output), layout, request, found);
  };
}

OutputDecoder ssd_decoder(const Json& json, std::int64_t classes, const std::string& where) {
  require_known_keys(json, std::vector<std::string>{"kind", "output"}, where);
  std::string output = "detection_out";
  read_option(json, "output", output, where);
  return [=](auto outputs, const DecodeRequest& request, Detections& found) {
    decode_ssd(find_output(outputs, output), classes, request, found);
  };
}

OutputDecoder decoder_of(const Json& json, std::int64_t classes, const std::string& where) {
  std::string kind;
  read_option(json, "kind", kind, where);
  if (kind == "yolo") return yolo_decoder(json, classes, where);
  if (kind == "priors") return prior_decoder(json, where);
  if (kind == "rows") return row_decoder(json, classes, where);
  if (kind == "ssd") return ssd_decoder(json, classes, where);
  throw OptionError(unknown_name_message("decoder kind", kind, std::vector<std::string>{"yolo", "priors", "rows", "ssd"}));
}

}  // namespace

DetectionPipeline load_foreign_detector(const fs::path& path, const DetectorLoadOptions& options) {
  const std::string where = path.string();
  if (options.engine != "opencv-dnn")
    throw OptionError(fmt::format("{} describes another framework's files, which only --engine opencv-dnn runs", where));
  const Json json = read_json_file(path);
  require_known_keys(json, std::vector<std::string>{"model", "description", "labels", "names", "preprocessing", "decoder", "batch"}, where);
  require_keys(json, std::vector<std::string>{"model", "preprocessing", "decoder"}, where);
  std::string model_name, description;
  std::int64_t batch = 1;
  read_option(json, "model", model_name, where);
  read_option(json, "description", description, where);
  read_option(json, "batch", batch, where);
  if (batch < 0) throw OptionError(fmt::format("{}: batch is {}, expected at least 1, or 0 for any", where, batch));
  const fs::path folder = path.parent_path();
  const std::vector<std::string> labels = labels_of(json, folder, where);
  DnnModel model{.format = format_of(model_name),
                 .weights = read_file(folder / model_name),
                 .where = (folder / model_name).string(),
                 .largest_batch = batch,
                 .device = options.device};
  if (!description.empty()) model.description = read_file(folder / description);
  const bool wants_description = model.format == Format::caffe || model.format == Format::darknet;
  if (wants_description && description.empty())
    throw OptionError(fmt::format("{}: description is missing: the .prototxt or .cfg of {}", where, model_name));
  OutputDecoder decoder = decoder_of(json["decoder"], static_cast<std::int64_t>(labels.size()), where + ", decoder");
  return {make_dnn_engine(std::move(model)), std::move(decoder), Preprocessing::from_json(json["preprocessing"], where + ", preprocessing"),
          labels};
}

}  // namespace fovea
