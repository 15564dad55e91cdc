// Proposals for a folder of images.
#pragma once

#include <filesystem>
#include <span>

#include "fovea/base/json.hpp"
#include "fovea/pipelines/directory_run.hpp"
#include "fovea/proposals/proposal_source.hpp"

namespace fovea {

struct ProposalRunOptions {
  std::filesystem::path out;       ///< the JSON file
  std::filesystem::path overlays;  ///< a folder for each image with its first boxes; empty: none
  std::filesystem::path base;      ///< overlays are named by the path below this folder
  std::int64_t overlay_boxes = 20;
  int workers = 1;
};

/// Writes {"protocol": "proposals", ...settings, "fovea_version", "images": [{"file", "width", "height", "proposals": [{"box": [x1, y1, x2,
/// y2], "score"}]}], "failed": [{"file", "reason"}], "count", "failures"}: image by image, in bounded memory, and under its name only when
/// it is complete. `settings` says what the source is.
DirectoryRunSummary run_proposals(const ProposalSource& source, const Json& settings, std::span<const std::filesystem::path> files,
                                  const ProposalRunOptions& options);

}  // namespace fovea
