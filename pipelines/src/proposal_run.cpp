#include "fovea/pipelines/proposal_run.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <opencv2/imgproc.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/json_line.hpp"
#include "fovea/base/version.hpp"
#include "fovea/vision/chart.hpp"
#include "fovea/vision/image_writer.hpp"
#include "result_names.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

/// The first boxes, the best on top.
cv::Mat draw_boxes(const cv::Mat& image, const std::vector<Proposal>& proposals, std::int64_t count) {
  cv::Mat picture = image.clone();
  const int thickness = std::max(2, std::min(image.rows, image.cols) / 200);
  for (std::int64_t i = std::min(count, static_cast<std::int64_t>(proposals.size())) - 1; i >= 0; --i) {
    const Box& box = proposals[static_cast<std::size_t>(i)].box;
    cv::rectangle(picture, cv::Point(static_cast<int>(box.x1), static_cast<int>(box.y1)),
                  cv::Point(static_cast<int>(box.x2) - 1, static_cast<int>(box.y2) - 1), series_colour(static_cast<std::size_t>(i)),
                  thickness);
  }
  return picture;
}

Json to_json(const fs::path& file, const cv::Mat& image, const std::vector<Proposal>& proposals) {
  Json list = Json::array();
  for (const Proposal& proposal : proposals)
    list.push_back({{"box", {proposal.box.x1, proposal.box.y1, proposal.box.x2, proposal.box.y2}}, {"score", proposal.score}});
  return {{"file", file.string()}, {"width", image.cols}, {"height", image.rows}, {"proposals", std::move(list)}};
}

std::string without_newline(std::string line) {
  line.pop_back();
  return line;
}

}  // namespace

DirectoryRunSummary run_proposals(const ProposalSource& source, const Json& settings, std::span<const fs::path> files,
                                  const ProposalRunOptions& options) {
  FileWriter out(options.out);
  ResultNames names(options.base);
  Json failed = Json::array();
  Json head = {{"protocol", "proposals"}};
  head.update(settings);
  head["fovea_version"] = version();
  std::string opening = without_newline(json_line(head));
  opening.pop_back();  // the brace: the object goes on
  out.append(opening + ",\"images\":[");
  const char* separator = "\n";
  const DirectoryRunSummary summary = for_each_image(
      files, {.workers = options.workers},
      [&](const fs::path& file, const cv::Mat& image) {
        const std::vector<Proposal> proposals = source.propose(image);
        if (!options.overlays.empty())
          save_image(options.overlays / (names.next(file) + ".png"), draw_boxes(image, proposals, options.overlay_boxes));
        out.append(separator + without_newline(json_line(to_json(file, image, proposals))));
        separator = ",\n";
      },
      [&](const fs::path& file, const std::string& reason) {
        failed.push_back({{"file", file.string()}, {"reason", reason}});
      });
  std::string closing = without_newline(json_line({{"failed", failed}, {"count", summary.images}, {"failures", summary.failures}}));
  out.append("\n]," + closing.substr(1) + "\n");
  out.commit();
  return summary;
}

}  // namespace fovea
