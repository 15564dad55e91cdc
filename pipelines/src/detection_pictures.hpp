// What a detector finds, as pictures: of the run folder and of the report.
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <span>
#include <string>
#include <vector>

#include "fovea/data/detection_dataset.hpp"
#include "fovea/evaluation/coco_evaluation.hpp"
#include "fovea/evaluation/operating_point.hpp"
#include "fovea/vision/chart.hpp"

namespace fovea {

/// Lines of a chart that can be told apart.
inline constexpr std::size_t kMostCurves = 8;

/// Places of the (at most `most`) largest of `sizes`, in order; of equal ones the first.
std::vector<std::size_t> largest_places(std::span<const std::int64_t> sizes, std::size_t most = kMostCurves);

/// Of two numbers from 0 to 1.
ChartOptions unit_chart(const std::string& title, const char* x_label, const char* y_label);

/// One chart: COCO's precision at its 101 levels of recall, of the classes with the most objects and of all together; the mean height of a
/// line is the average precision at `iou_threshold`. No lines where no class has objects.
Chart precision_recall_chart(const CocoEvaluation& evaluation, double iou_threshold);

/// The names of a confusion's rows and columns: the classes and "background".
std::vector<std::string> confusion_names(const DetectionConfusion& confusion);
/// Rows are what is there, columns what was found; nothing (an empty picture) for more classes than a picture can hold.
cv::Mat draw_detection_confusion(const std::string& title, const DetectionConfusion& confusion);

/// Draws into `picture` (8-bit BGR) the objects, thick, green, named below, and the results of confidence or more, thin, red, named above.
void draw_comparison(cv::Mat& picture, std::span<const DetectionAnnotation> objects, std::span<const DetectionResult> found,
                     std::span<const DetectionCategory> categories, double confidence);

}  // namespace fovea
