// A small IDX data set, a model trained on it, and pictures: made once for all tests of a program.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "../data/data_files.hpp"
#include "command.hpp"
#include "fovea/base/random.hpp"

namespace fovea::test {

/// Grey 12x12 images of three classes, in turn: a bright bar at the top, in the middle, or upright.
inline std::string striped_images(int count, std::uint64_t seed) {
  constexpr int kSide = 12;
  RandomStream stream(seed);
  std::string bytes = big_endian(2051) + big_endian(static_cast<std::uint32_t>(count)) + big_endian(kSide) + big_endian(kSide);
  for (int i = 0; i < count; ++i)
    for (int y = 0; y < kSide; ++y)
      for (int x = 0; x < kSide; ++x) {
        const bool bright = i % 3 == 0 ? y < 4 : i % 3 == 1 ? y >= 4 && y < 8 : x >= 5 && x < 8;
        bytes += static_cast<char>(bright ? 220 : stream.below(60));
      }
  return bytes;
}

inline std::string striped_labels(int count) {
  std::vector<int> labels;
  for (int i = 0; i < count; ++i) labels.push_back(i % 3);
  return idx_labels(labels);
}

/// name/train-* and name/t10k-*, plain or compressed: 48 and 12 images.
inline void write_striped_idx(const TemporaryFolder& folder, const std::string& name, bool compressed) {
  const auto write = [&](const std::string& file, const std::string& bytes) {
    folder.write(name + "/" + file + (compressed ? ".gz" : ""), compressed ? gzip(bytes) : bytes);
  };
  write("train-images-idx3-ubyte", striped_images(48, 1));
  write("train-labels-idx1-ubyte", striped_labels(48));
  write("t10k-images-idx3-ubyte", striped_images(12, 2));
  write("t10k-labels-idx1-ubyte", striped_labels(12));
}

/// The words of a training that takes a blink: `more` come last.
inline std::vector<std::string> train_words(const std::string& data, const std::string& out, const std::vector<std::string>& more = {}) {
  std::vector<std::string> words = {"train",
                                    "--task",
                                    "classify",
                                    "--data",
                                    data,
                                    "--model",
                                    "lenet5",
                                    "--model-options",
                                    R"({"filters1":4,"filters2":6,"hidden":16})",
                                    "--epochs",
                                    "4",
                                    "--batch",
                                    "8",
                                    "--out",
                                    out};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

/// idx/ (compressed), plain/ (the same, plain), run/ (a training on idx) and pictures/ (the test images as folders of classes).
class TinyWorld {
 public:
  static const TinyWorld& get() {
    static const TinyWorld world;
    return world;
  }
  const std::filesystem::path& path() const { return folder_.path(); }
  std::filesystem::path operator/(const std::string& name) const { return folder_ / name; }
  std::string model() const { return (folder_ / "run/weights/best.fovea").string(); }
  std::string idx() const { return "idx:" + (folder_ / "idx").string(); }
  const CommandResult& training() const { return training_; }

 private:
  TinyWorld() {
    write_striped_idx(folder_, "idx", true);
    write_striped_idx(folder_, "plain", false);
    training_ = fovea_command(train_words(idx(), (folder_ / "run").string()));
    fovea_command({"convert", "--from", idx(), "--to", "folder:" + (folder_ / "pictures").string()});
  }

  TemporaryFolder folder_;
  CommandResult training_;
};

}  // namespace fovea::test
