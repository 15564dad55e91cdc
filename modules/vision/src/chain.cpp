#include <fmt/format.h>

#include "fovea/base/error.hpp"
#include "fovea/vision/transform.hpp"
#include "looked_up.hpp"

namespace fovea {

namespace {

using Parts = std::vector<std::unique_ptr<Transform>>;

class Chain final : public Transform {
 public:
  Chain(cv::Size input, Parts parts)
      : Transform("chain", input, parts.empty() ? input : parts.back()->output_size()), parts_(std::move(parts)) {}

  using Transform::apply;
  cv::Point2d apply(cv::Point2d point) const override {
    for (const auto& part : parts_) point = part->apply(point);
    return point;
  }
  cv::Point2d invert(cv::Point2d point) const override {
    for (auto part = parts_.rbegin(); part != parts_.rend(); ++part) point = (*part)->invert(point);
    return point;
  }
  void append_parts(std::vector<const Transform*>& parts) const override {
    for (const auto& part : parts_) part->append_parts(parts);
  }

 private:
  cv::Mat apply_checked(const cv::Mat& image) const override {
    if (parts_.empty()) return image.clone();
    cv::Mat result = image;
    for (const auto& part : parts_) result = part->apply(result);
    return result;
  }
  /// In one step: labels that are looked up part by part would move by up to half a pixel in each.
  cv::Mat apply_labels_checked(const cv::Mat& labels, double fill) const override {
    if (parts_.empty()) return labels.clone();
    return looked_up(labels, output_size(), fill, [this](cv::Point2d& point) {
      for (auto part = parts_.rbegin(); part != parts_.rend(); ++part) {
        point = (*part)->invert(point);
        if (!lies_in(point, (*part)->input_size())) return false;
      }
      return true;
    });
  }

  Parts parts_;
};

}  // namespace

std::unique_ptr<Transform> make_chain(cv::Size input, Parts parts) {
  cv::Size size = input;
  for (const auto& part : parts) {
    if (part->input_size() != size)
      throw ShapeError(fmt::format("[chain] a part takes {}x{}, but what comes before it gives {}x{}", part->input_size().width,
                                   part->input_size().height, size.width, size.height));
    size = part->output_size();
  }
  return std::make_unique<Chain>(input, std::move(parts));
}

}  // namespace fovea
