#include "fovea/pipelines/superpixel_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/json_line.hpp"
#include "fovea/base/version.hpp"
#include "fovea/superpixels/region_pictures.hpp"
#include "fovea/superpixels/region_statistics.hpp"
#include "fovea/vision/image_writer.hpp"
#include "result_names.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

constexpr std::int32_t kMostRegions = 65'536;  // numbers of 16 bits

RegionMap segment(const cv::Mat& image, const SuperpixelRunOptions& options, const Threads& threads) {
  if (const auto* felz = std::get_if<FelzenszwalbOptions>(&options.method)) return felzenszwalb(image, *felz, threads);
  return slic(image, std::get<SlicOptions>(options.method), threads);
}

const char* advice(const SuperpixelRunOptions& options) {
  return std::holds_alternative<FelzenszwalbOptions>(options.method) ? "a larger --scale or --min-size gives fewer"
                                                                     : "a smaller --segments gives fewer";
}

std::string csv_of(const std::vector<RegionStatistics>& regions) {
  std::string csv = "label,area,perimeter,x1,y1,x2,y2,centroid_x,centroid_y,mean_blue,mean_green,mean_red\n";
  for (std::size_t label = 0; label < regions.size(); ++label) {
    const RegionStatistics& region = regions[label];
    csv += fmt::format("{},{},{},{},{},{},{},{:.3f},{:.3f},{:.3f},{:.3f},{:.3f}\n", label, region.area, region.perimeter, region.box.x1,
                       region.box.y1, region.box.x2, region.box.y2, region.centroid.x, region.centroid.y, region.mean[0], region.mean[1],
                       region.mean[2]);
  }
  return csv;
}

Json settings(const SuperpixelRunOptions& options) {
  if (const auto* felz = std::get_if<FelzenszwalbOptions>(&options.method))
    return {{"method", "felzenszwalb"},
            {"scale", felz->scale},
            {"sigma", felz->graph.sigma},
            {"min_size", felz->min_size},
            {"neighbours", felz->graph.neighbours},
            {"squared", felz->graph.distance == PixelGraphOptions::Distance::squared}};
  const auto& slic = std::get<SlicOptions>(options.method);
  return {{"method", "slic"}, {"segments", slic.segments}, {"compactness", slic.compactness}, {"zero_parameter", slic.zero_parameter}};
}

}  // namespace

DirectoryRunSummary run_superpixels(std::span<const fs::path> files, const SuperpixelRunOptions& options, const Threads& threads) {
  segment(cv::Mat::zeros(1, 1, CV_8UC3), options, threads);  // options out of range end the run here, not file by file
  FileWriter failed(options.out / "failed.jsonl");
  ResultNames names(options.base);
  std::int64_t regions = 0;
  const DirectoryRunSummary summary = for_each_image(
      files, {.workers = options.workers},
      [&](const fs::path& file, const cv::Mat& image) {
        const RegionMap map = segment(image, options, threads);
        if (map.count > kMostRegions)
          throw OptionError(
              fmt::format("has {} regions, more than the {} that a 16-bit PNG can number; {}", map.count, kMostRegions, advice(options)));
        const std::string name = names.next(file);
        cv::Mat words(map.labels.size(), CV_16U);
        for (int y = 0; y < words.rows; ++y) std::copy_n(map.labels.ptr<std::int32_t>(y), words.cols, words.ptr<std::uint16_t>(y));
        save_image(options.out / "labels" / (name + ".png"), words);
        if (options.pictures) {
          save_image(options.out / "boundaries" / (name + ".png"), draw_boundaries(image, map));
          save_image(options.out / "means" / (name + ".png"), mean_colours(map, image));
        }
        write_file(options.out / "regions" / (name + ".csv"), csv_of(region_statistics(map, image)));
        regions += map.count;
      },
      [&](const fs::path& file, const std::string& reason) {
        failed.append(json_line({{"file", file.string()}, {"reason", reason}}));
      });
  failed.commit();
  Json manifest = {{"task", "superpixels"}, {"fovea_version", version()}};
  manifest.update(settings(options));
  manifest.update({{"images", summary.images}, {"failures", summary.failures}, {"regions", regions}, {"seconds", summary.seconds}});
  write_json_file(options.out / "manifest.json", manifest);
  return summary;
}

}  // namespace fovea
