// fovea doctor: what is wrong with a data set.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "fovea/base/file.hpp"
#include "fovea/data/doctor.hpp"
#include "fovea/data/label_names.hpp"
#include "fovea/pipelines/doctor_report.hpp"
#include "shared_options.hpp"

namespace fovea::cli {

namespace {

struct DoctorFlags {
  SharedOptions shared;
  DoctorOptions doctor;
  std::vector<std::string> sources;
  std::string names, html, fix;
  std::int64_t lines = 10, pictures = 8;
};

int run_doctor(const DoctorFlags& flags) {
  DoctorOptions options = flags.doctor;
  if (!flags.names.empty()) options.names = read_label_names(flags.names);
  options.seed = flags.shared.seed.value_or(options.seed);
  const Inspection data = inspect_data(flags.sources, options, Threads(flags.shared.threads));
  for (const std::string& note : data.notes) flags.shared.log(note);
  RepairReport repair{.folder = flags.fix, .changes = {}};
  if (!flags.fix.empty()) repair.changes = write_repaired(data, flags.fix);
  if (flags.shared.json != "-") fmt::print("{}", to_text(data, repair, flags.lines));
  flags.shared.write_json(to_text(to_json(data, repair, flags.sources)));
  if (!flags.html.empty()) write_file(flags.html, to_page(data, repair, flags.sources, flags.pictures));
  return data.count(Severity::error) > 0 ? kSomeInputsFailed : kAllDone;
}

}  // namespace

void add_doctor(CLI::App& app, int& exit_code) {
  auto flags = std::make_shared<DoctorFlags>();
  CLI::App* command = app.add_subcommand("doctor", "Find what is wrong with a data set, and write a repaired copy");
  command->footer(
      "Examples:\n  fovea doctor --data voc:VOC2007 --html report.html --json report.json\n"
      "  fovea doctor --data coco:train.json,coco:val.json --fix repaired\n\n"
      "Every image is decoded, every box looked at, all splits together. Exit code 0: no errors (there may be warnings); 1: errors were "
      "found,\n"
      "also when --fix has mended them in its copy; 2: usage, or data that cannot be read at all. docs/doctor.md says what each kind "
      "means.");
  command
      ->add_option("--data", flags->sources,
                   "coco:FILE.json (several are splits: coco:a.json,coco:b.json), voc:DIR, yolo:DIR, boxtxt-xyxy:DIR, boxtxt-xywh:DIR, "
                   "folder:DIR or idx:DIR")
      ->delimiter(',')
      ->required();
  command->add_option("--names", flags->names, "file with one class name per line: what numbers stand for, and which classes there may be");
  command->add_option("--image-root", flags->doctor.image_root, "where the images are, when not where the format says");
  command->add_option("--html", flags->html, "write a page with pictures to this file");
  command->add_option("--fix", flags->fix, "write a repaired copy, with its images, into this new or empty folder");
  command->add_option("--lines", flags->lines, "findings of each kind that are printed")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--pictures", flags->pictures, "findings of each kind that the page shows")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--tiny", flags->doctor.tiny, "sides shorter than this are tiny, in pixels")->capture_default_str();
  command->add_option("--near-bits", flags->doctor.near_bits, "bits of 64 in which hashes of nearly equal images may differ")
      ->check(CLI::Range(0, 31))
      ->capture_default_str();
  command->add_option("--imbalance", flags->doctor.imbalance, "how many times as many of one class as of another pass")
      ->capture_default_str();
  flags->shared.add_to(*command);
  command->callback([flags, &exit_code] { exit_code = run_doctor(*flags); });
}

}  // namespace fovea::cli
