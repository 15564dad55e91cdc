#include <fmt/format.h>

#include "doctor/checks.hpp"
#include "fovea/vision/perceptual_hash.hpp"

namespace fovea::doctor {

namespace {

/// Images that were seen, to be found again by their hash.
class SeenImages {
 public:
  explicit SeenImages(int near_bits) : index_(near_bits) {}

  void add(std::uint64_t hash, ImagePlace place) {
    index_.add(hash);
    places_.push_back(place);
  }

  /// The finding that an image is nearly one of these, or nothing.
  std::optional<DataFinding> match(const Inspection& data, ImagePlace place, FindingKind kind) const {
    const InspectedImage& image = at(data, place);
    const auto near = index_.nearest(*image.hash);
    if (!near) return std::nullopt;
    const ImagePlace other = places_[static_cast<std::size_t>(near->index)];
    const InspectedImage& twin = at(data, other);
    const std::string where = kind == FindingKind::split_leak ? fmt::format(" of {}", split_of(data, other).name) : "";
    DataFinding finding{.kind = kind, .file = image.name, .place = place, .other = other};
    finding.message =
        fmt::format("expected a picture of its own{}, found {}{}{} ({} of 64 bits differ)",
                    kind == FindingKind::split_leak ? fmt::format(" in {}", split_of(data, place).name) : "", twin.name, where,
                    image.label != twin.label ? fmt::format(", which is {} and not {}", label_of(data, twin), label_of(data, image)) : "",
                    near->distance);
    return finding;
  }

 private:
  static const InspectedSplit& split_of(const Inspection& data, ImagePlace place) {
    return data.splits[static_cast<std::size_t>(place.split)];
  }
  static const InspectedImage& at(const Inspection& data, ImagePlace place) {
    return split_of(data, place).images[static_cast<std::size_t>(place.image)];
  }
  static const std::string& label_of(const Inspection& data, const InspectedImage& image) {
    return data.labels[static_cast<std::size_t>(image.label)];
  }

  HashIndex index_;
  std::vector<ImagePlace> places_;
};

}  // namespace

void check_near_duplicates(const Inspection& data, const DoctorOptions& options, Findings& findings) {
  SeenImages earlier(options.near_bits);  // of the splits before
  for_each_split(data, [&](std::int32_t s, const InspectedSplit& split) {
    SeenImages own(options.near_bits);
    for (std::size_t i = 0; i < split.images.size(); ++i) {
      if (!split.images[i].hash) continue;
      const ImagePlace place{s, static_cast<std::int32_t>(i)};
      if (auto finding = earlier.match(data, place, FindingKind::split_leak)) findings.push_back(std::move(*finding));
      if (auto finding = own.match(data, place, FindingKind::near_duplicate)) findings.push_back(std::move(*finding));
      own.add(*split.images[i].hash, place);
    }
    for (std::size_t i = 0; i < split.images.size(); ++i)
      if (split.images[i].hash) earlier.add(*split.images[i].hash, {s, static_cast<std::int32_t>(i)});
  });
}

}  // namespace fovea::doctor
