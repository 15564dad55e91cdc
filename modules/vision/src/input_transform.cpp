#include "fovea/vision/input_transform.hpp"

namespace fovea {

RandomStream sample_stream(std::uint64_t seed, std::int64_t epoch, std::int64_t index) {
  constexpr std::uint64_t kPurpose = 1;  // keeps it apart from the stream that orders the epoch
  return RandomStream(seed, static_cast<std::uint64_t>(epoch), static_cast<std::uint64_t>(index), kPurpose);
}

std::unique_ptr<Transform> input_transform(cv::Size picture, const Preprocessing& preprocessing, const Augmentation* augmentation,
                                           RandomStream stream) {
  const cv::Size wanted(preprocessing.width, preprocessing.height);
  std::vector<std::unique_ptr<Transform>> parts;
  cv::Size size = picture;
  const auto add = [&](std::unique_ptr<Transform> part) {
    size = part->output_size();
    parts.push_back(std::move(part));
  };
  if (augmentation != nullptr && !augmentation->sets_size() && size != wanted) add(preprocessing.geometry(size));
  if (augmentation != nullptr) add(augmentation->draw(size, stream));
  if (size != wanted) add(preprocessing.geometry(size));
  return make_chain(picture, std::move(parts));
}

}  // namespace fovea
