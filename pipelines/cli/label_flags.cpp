#include "label_flags.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <charconv>

#include "fovea/base/error.hpp"

namespace fovea::cli {

namespace {

const std::map<std::string, CrowdPixels> kCrowds = {
    {"ignored", CrowdPixels::ignored}, {"painted", CrowdPixels::painted}, {"background", CrowdPixels::background}};

}  // namespace

void LabelFlags::add_to(CLI::App& command) {
  command.add_option("--label-values", values, "of label PNGs: the values of classes 0, 1, ..., as 0,255; all others are ignored")
      ->delimiter(',');
  command.add_option("--ignore-label", ignored, "of label PNGs: the value that is ignored, or none; default 255 (65535 of 16 bits)");
  command.add_option("--crowds", crowds, "of objects: crowds are ignored, painted or background")
      ->check(CLI::IsMember({"ignored", "painted", "background"}))
      ->capture_default_str();
  command.add_option("--image-root", image_root, "where pictures are, when not where the format says");
}

SegmentationDataOptions LabelFlags::options() const {
  SegmentationDataOptions options{.split = "", .names = {}, .image_root = image_root, .values = values, .crowds = kCrowds.at(crowds)};
  if (ignored.empty()) return options;
  int value = -1;
  if (ignored != "none") {
    const auto [end, error] = std::from_chars(ignored.data(), ignored.data() + ignored.size(), value);
    if (error != std::errc() || end != ignored.data() + ignored.size() || value < 0 || value > UINT16_MAX)
      throw OptionError(fmt::format("--ignore-label {}: expected 0 to {}, or none", ignored, UINT16_MAX));
  }
  options.ignored = value;
  return options;
}

}  // namespace fovea::cli
