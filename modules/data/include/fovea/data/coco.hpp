// COCO's JSON files: instances (ground truth) and results (detections).
//
// Instances   {"images": [{id, file_name, width, height}], "categories": [{id, name}], "annotations": [{id, image_id, category_id, bbox,
//             area, iscrowd, segmentation}]}; other keys are passed over. Ids are any whole numbers, in any order. A segmentation is a list
//             of polygons, {"size": [h, w], "counts": [...]} or {"size": [h, w], "counts": "compressed"}.
// Results     [{image_id, category_id, score, bbox and/or segmentation}]
//
// Errors are FileErrors that name the place: line and column of what is no JSON, otherwise "annotations[17].bbox: expected ...".
#pragma once

#include <filesystem>
#include <vector>

#include "fovea/data/detection_dataset.hpp"
#include "fovea/data/finding.hpp"

namespace fovea {

/// Reads instances. `area` is the box's where it is missing; `iscrowd` is 0. Annotations may carry "score" (as a detector's output in this
/// form does): it is passed over here. With `findings`, images, categories and annotations that are errors are left out and listed there.
DetectionDataset read_coco_instances(const std::filesystem::path& path, std::vector<DataFinding>* findings = nullptr);

/// Reads a results list for the images and categories of `truth`. An image that is not there is an error; results of categories that are
/// not there are left out and counted in a note, as the reference evaluator leaves them out.
DetectionResults read_coco_results(const std::filesystem::path& path, const DetectionDataset& truth);

/// Reads results from a file in the form of instances with "score" in every annotation. Its ids are its own: images are found in `truth` by
/// file name, categories by name.
DetectionResults read_coco_scored_instances(const std::filesystem::path& path, const DetectionDataset& truth);

/// Writes instances: run lengths of crowds as numbers, of other objects compressed; "difficult" and "truncated" only where they are true.
void write_coco_instances(const std::filesystem::path& path, const DetectionDataset& dataset);
/// Writes a results list.
void write_coco_results(const std::filesystem::path& path, const DetectionResults& results, const DetectionDataset& truth);

}  // namespace fovea
