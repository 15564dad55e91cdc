#include <cmath>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "fovea/base/random.hpp"
#include "pixel_change.hpp"

namespace fovea {

std::unique_ptr<Transform> make_blur(cv::Size size, double sigma) {
  require_option(sigma > 0 && std::isfinite(sigma), "blur", "sigma", sigma, "a number over 0");
  return pixel_change("blur", size, [sigma](const cv::Mat& image) {
    cv::Mat result;
    cv::GaussianBlur(image, result, {}, sigma, sigma, cv::BORDER_REFLECT_101);
    return result;
  });
}

std::unique_ptr<Transform> make_noise(cv::Size size, double sigma, std::uint64_t seed) {
  require_option(sigma >= 0 && std::isfinite(sigma), "noise", "sigma", sigma, "a number of at least 0");
  return pixel_change("noise", size, [sigma, seed](const cv::Mat& image) {
    cv::Mat result = image.clone();
    RandomStream stream(seed);
    for (int y = 0; y < result.rows; ++y) {
      std::uint8_t* row = result.ptr(y);
      for (int i = 0; i < result.cols * result.channels(); ++i) row[i] = cv::saturate_cast<std::uint8_t>(row[i] + sigma * stream.normal());
    }
    return result;
  });
}

std::unique_ptr<Transform> make_jpeg(cv::Size size, int quality) {
  require_option(quality >= 1 && quality <= 100, "jpeg", "the quality", quality, "a number from 1 to 100");
  return pixel_change("jpeg", size, [quality](const cv::Mat& image) {
    std::vector<std::uint8_t> file;
    cv::imencode(".jpg", image, file, {cv::IMWRITE_JPEG_QUALITY, quality});
    return cv::imdecode(file, image.channels() == 1 ? cv::IMREAD_GRAYSCALE : cv::IMREAD_COLOR);
  });
}

std::unique_ptr<Transform> make_cutout(cv::Size size, std::vector<cv::Rect> holes, double value) {
  return pixel_change("cutout", size, [holes = std::move(holes), value](const cv::Mat& image) {
    cv::Mat result = image.clone();
    for (const cv::Rect& hole : holes) result(hole & cv::Rect({0, 0}, image.size())).setTo(cv::Scalar::all(value));
    return result;
  });
}

}  // namespace fovea
