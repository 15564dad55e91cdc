// Uses the installed package from a network down to its numbers: builds one, runs an image through it, saves and loads it.
#include <cstdio>
#include <fovea/models/lenet5.hpp>
#include <fovea/pipelines/classification_pipeline.hpp>

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  fovea::Preprocessing preprocessing{.width = 28, .height = 28, .channels = 1, .mean = {0.5}, .deviation = {0.25}};
  const char* architecture = R"({"name":"lenet5","height":28,"width":28,"channels":1,"classes":2})";
  auto network = std::make_unique<fovea::LeNet5>(fovea::LeNet5Options{.classes = 2});
  fovea::initialize(*network, 7);
  const fovea::ClassificationPipeline classifier(std::move(network), architecture, preprocessing, {"cat", "dog"});
  classifier.save(argv[1]);

  const cv::Mat image(40, 30, CV_8UC3, cv::Scalar(10, 120, 240));
  const auto here = classifier.run(image), there = fovea::ClassificationPipeline::load(argv[1]).run(image);
  std::printf("%s %.9g\n", here.label.c_str(), static_cast<double>(here.score));
  return here.probabilities == there.probabilities ? 0 : 1;
}
