// A classifier as an application holds it: everything is in one file, images go in as OpenCV reads them.
//   classify_images MODEL.fovea IMAGE...      classifies images with a model that `fovea train` has made
//   classify_images                           shows the same with an untrained model and a drawn image
#include <fovea/models/lenet5.hpp>
#include <fovea/pipelines/classification_pipeline.hpp>
#include <fovea/vision/image_loader.hpp>
#include <iostream>

namespace {

void print(const std::string& name, const fovea::Classification& result) {
  std::cout << name << ":";
  for (const auto& entry : result.top(3)) std::cout << "  " << entry.label << ' ' << entry.score;
  std::cout << '\n';
}

int classify_drawing() {
  auto network = std::make_unique<fovea::LeNet5>(fovea::LeNet5Options{.classes = 3});
  fovea::initialize(*network, 1);
  const fovea::Preprocessing preprocessing{.width = 28, .height = 28, .channels = 1, .mean = {0.5}, .deviation = {0.5}};
  const fovea::ClassificationPipeline untrained(std::move(network), R"({"name":"lenet5","height":28,"width":28,"channels":1,"classes":3})",
                                                preprocessing, {"circle", "square", "star"});
  cv::Mat image(100, 100, CV_8UC3, cv::Scalar::all(255));
  image(cv::Rect(30, 30, 40, 40)) = cv::Scalar(0, 0, 200);
  const fovea::Classification result = untrained.run(image);
  print("drawing", result);
  return result.probabilities.size() == 3 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc < 3) return classify_drawing();
  const auto classifier = fovea::ClassificationPipeline::load(argv[1]);
  for (int i = 2; i < argc; ++i) print(argv[i], classifier.run(fovea::load_image(argv[i])));
  return 0;
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 2;
}
