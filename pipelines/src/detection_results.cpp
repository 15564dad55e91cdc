#include "detection_results.hpp"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "fovea/base/append_file.hpp"
#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/json_line.hpp"
#include "fovea/base/text.hpp"
#include "result_names.hpp"

namespace fovea {

namespace fs = std::filesystem;

namespace {

std::string quoted(const std::string& text) { return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace); }

/// COCO's instances with scores, written piece by piece: images first, as they come, annotations kept aside on disk until all are known.
class CocoFile {
 public:
  explicit CocoFile(const fs::path& path)
      : path_(path), images_(path), annotations_path_(path.string() + ".annotations"), annotations_(annotations_path_) {
    annotations_.truncate(0);
    images_.append("{\"images\":[");
  }
  ~CocoFile() {
    std::error_code ignored;
    fs::remove(annotations_path_, ignored);
  }

  void add(const std::string& name, const Json& entry) {
    ++image_;
    images_.append(fmt::format("{}\n{{\"id\":{},\"file_name\":{},\"width\":{},\"height\":{}}}", image_ > 1 ? "," : "", image_, quoted(name),
                               entry["width"].get<std::int64_t>(), entry["height"].get<std::int64_t>()));
    std::string lines;
    for (const Json& d : entry["detections"]) {
      const auto at = [&](int i) { return d["box"][static_cast<std::size_t>(i)].get<float>(); };
      const double width = double{at(2)} - at(0), height = double{at(3)} - at(1);
      ++annotation_;
      lines +=
          fmt::format("{}\n{{\"id\":{},\"image_id\":{},\"category_id\":{},\"bbox\":[{},{},{},{}],\"area\":{},\"iscrowd\":0,\"score\":{}}}",
                      annotation_ > 1 ? "," : "", annotation_, image_, d["index"].get<std::int64_t>() + 1, at(0), at(1), width, height,
                      width * height, d["score"].get<float>());
    }
    if (!lines.empty()) annotations_.append(lines);
  }

  void finish(const std::vector<std::string>& labels) {
    images_.append("],\n\"categories\":[");
    for (std::size_t i = 0; i < labels.size(); ++i)
      images_.append(fmt::format("{}{{\"id\":{},\"name\":{}}}", i > 0 ? "," : "", i + 1, quoted(labels[i])));
    images_.append("],\n\"annotations\":[");
    std::ifstream kept(annotations_path_, std::ios::binary);
    std::string block(std::size_t{1} << 20, '\0');
    while (kept.read(block.data(), static_cast<std::streamsize>(block.size())), kept.gcount() > 0)
      images_.append({block.data(), static_cast<std::size_t>(kept.gcount())});
    images_.append("]}\n");
    images_.commit();
  }

 private:
  fs::path path_;
  FileWriter images_;
  fs::path annotations_path_;
  AppendFile annotations_;
  std::int64_t image_ = 0, annotation_ = 0;
};

}  // namespace

std::string to_json_line(const fs::path& file, std::optional<std::int64_t> frame, cv::Size size, const Detections& found) {
  std::string line = fmt::format("{{\"file\":{},{}\"width\":{},\"height\":{},\"detections\":[", quoted(file.string()),
                                 frame ? fmt::format("\"frame\":{},", *frame) : "", size.width, size.height);
  for (const Detection& d : found)
    line += fmt::format("{}{{\"box\":[{},{},{},{}],\"score\":{},\"index\":{},\"label\":{}}}", &d == found.data() ? "" : ",", d.box.x1,
                        d.box.y1, d.box.x2, d.box.y2, d.score, d.index, quoted(d.label));
  return line + "]}\n";
}

std::string to_yolo_text(cv::Size size, const Detections& found) {
  std::string text;
  const auto width = static_cast<float>(size.width), height = static_cast<float>(size.height);
  for (const Detection& d : found)
    text += fmt::format("{} {:.6f} {:.6f} {:.6f} {:.6f} {:.6f}\n", d.index, (d.box.x1 + d.box.x2) / 2 / width,
                        (d.box.y1 + d.box.y2) / 2 / height, d.box.width() / width, d.box.height() / height, d.score);
  return text;
}

DetectionCounts write_detection_files(const fs::path& journal, const fs::path& out, const fs::path& base,
                                      const std::vector<std::string>& labels) {
  FileWriter jsonl(out / "predictions.jsonl"), csv(out / "predictions.csv"), failed(out / "failed.jsonl");
  CocoFile coco(out / "predictions.coco.json");
  csv.append("file,index,label,score,x1,y1,x2,y2\n");
  std::ifstream lines(journal, std::ios::binary);
  std::string line;
  std::getline(lines, line);  // what was being done
  DetectionCounts counts;
  while (std::getline(lines, line)) {
    const Json entry = parse_json(line, journal.string());
    line += '\n';
    if (entry.contains("reason")) {
      failed.append(line);
      ++counts.failures;
      continue;
    }
    jsonl.append(line);
    ++counts.images;
    const std::string file = entry["file"].get<std::string>();
    std::string rows;
    for (const Json& d : entry["detections"]) {
      const auto at = [&](std::size_t i) { return d["box"][i].get<float>(); };
      rows += fmt::format("{},{},{},{},{},{},{},{}\n", csv_field(file), d["index"].get<std::int64_t>(),
                          csv_field(d["label"].get<std::string>()), d["score"].get<float>(), at(0), at(1), at(2), at(3));
      ++counts.detections;
    }
    csv.append(rows);
    coco.add(name_below(base, file).string(), entry);
  }
  jsonl.commit();
  csv.commit();
  failed.commit();
  coco.finish(labels);
  return counts;
}

}  // namespace fovea
