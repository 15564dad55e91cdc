// Times the way from JPEGs in memory to a network's input, by fovea and by programs on OpenCV, in turn; input.py runs it.
//   compare_input centre|random THREADS ROUNDS FILE...
// centre: the middle 7/8 of the shorter side; random: a random resized crop; both to 224x224, every second picture mirrored.
// A JSON object a round on stdout: for each contender images a second, and images a second of a processor's work, which other programs on
// the machine disturb less.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <exception>
#include <functional>
#include <nlohmann/json.hpp>
#include <opencv2/core.hpp>
#include <string>
#include <vector>

#include "fovea/base/file.hpp"
#include "fovea/base/json.hpp"
#include "fovea/base/parallel.hpp"
#include "fovea/base/random.hpp"
#include "fovea/vision/augmentation.hpp"
#include "fovea/vision/input_reader.hpp"
#include "input_peers.hpp"

namespace {

constexpr int kSide = 224;
constexpr std::size_t kValues = std::size_t{kSide} * kSide * 3;

struct Picture {
  std::vector<std::uint8_t> bytes;
  cv::Rect area;
  bool mirrored;
};

cv::Rect centre_of(cv::Size size) {
  const int side = std::min(size.width, size.height) * 7 / 8;
  return {(size.width - side) / 2, (size.height - side) / 2, side, side};
}

std::vector<Picture> read_pictures(const std::vector<std::string>& files, bool random) {
  const fovea::RandomResizedCrop augmentation({.output = {kSide, kSide}});
  std::vector<Picture> pictures;
  for (std::size_t i = 0; i < files.size(); ++i) {
    std::vector<std::uint8_t> bytes = fovea::read_file(files[i]);
    const cv::Size size = fovea::EncodedImage(bytes, files[i]).size();
    fovea::RandomStream stream(1, 0, i);
    const cv::Rect area = random ? fovea::split(*augmentation.draw(size, stream)).first.area : centre_of(size);
    pictures.push_back({std::move(bytes), area, i % 2 == 1});
  }
  return pictures;
}

fovea::Preprocessing preprocessing() {
  return {.width = kSide, .height = kSide, .channels = 3, .mean = {0.485, 0.456, 0.406}, .deviation = {0.229, 0.224, 0.225}};
}

/// All of the picture at full size, of which a part is used.
void full_decode(const Picture& picture, fovea::JpegDecoder& decoder, float* destination) {
  const fovea::EncodedImage image(picture.bytes, "picture");
  fovea::ImagePart part = image.part({{0, 0}, image.size()}, 1, decoder);
  part.area = picture.area;
  fovea::fill_resized(part, {.area = picture.area, .size = {kSide, kSide}, .mirrored = picture.mirrored}, preprocessing(), destination);
}

void read_part(const Picture& picture, fovea::InputReader& reader, float* destination) {
  const fovea::EncodedImage image(picture.bytes, "picture");
  const cv::Size size(kSide, kSide);
  const auto crop = [&] { return fovea::make_crop(image.size(), picture.area); };
  const auto resize = [&] { return fovea::make_resize(picture.area.size(), size); };
  const auto transform = picture.mirrored ? fovea::chain(image.size(), crop(), resize(), fovea::make_flip(size))
                                          : fovea::chain(image.size(), crop(), resize());
  reader.read(image, *transform, destination);
}

using Work = std::function<void(const Picture& picture, int slot, float* destination)>;
struct Contender {
  std::string name;
  Work work;
};

std::vector<Contender> contenders(std::vector<fovea::JpegDecoder>& decoders, std::vector<fovea::InputReader>& exact,
                                  std::vector<fovea::InputReader>& reduced) {
  const auto peer = [](auto* function) {
    return [function](const Picture& p, int, float* to) { function(p.bytes, p.area, kSide, p.mirrored, to); };
  };
  const auto at = [](auto& all, int slot) -> auto& { return all[static_cast<std::size_t>(slot)]; };
  return {{"OpenCV calls", peer(peers::by_calls)},
          {"OpenCV, one loop", peer(peers::by_one_loop)},
          {"OpenCV, one planar loop", peer(peers::by_one_planar_loop)},
          {"fovea, full decode", [&decoders, at](const Picture& p, int slot, float* to) { full_decode(p, at(decoders, slot), to); }},
          {"fovea, part", [&exact, at](const Picture& p, int slot, float* to) { read_part(p, at(exact, slot), to); }},
          {"fovea, reduced part", [&reduced, at](const Picture& p, int slot, float* to) { read_part(p, at(reduced, slot), to); }}};
}

/// The mean of |a - b|, in levels.
double mean_difference(const std::vector<float>& a, const std::vector<float>& b) {
  const std::vector<double> deviation = preprocessing().deviation;
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += std::abs(a[i] - b[i]) * 255 * deviation[i % 3];
  return sum / static_cast<double>(a.size());
}

int print_differences(const std::vector<std::string>& files) {
  fovea::InputReader exact(preprocessing()), reduced(preprocessing(), {.reduced_decoding = true});
  std::vector<float> values(kValues), others(kValues);
  double of_reduced = 0, of_bilinear = 0;
  int count = 0;
  for (const Picture& picture : read_pictures(files, true)) {
    if (fovea::reduction_for({.area = picture.area, .size = {kSide, kSide}}) == 1) continue;
    ++count;
    read_part(picture, exact, values.data());
    read_part(picture, reduced, others.data());
    of_reduced += mean_difference(values, others);
    peers::by_one_loop(picture.bytes, picture.area, kSide, picture.mirrored, others.data());
    of_bilinear += mean_difference(values, others);
  }
  const fovea::Json line = {{"pictures", count}, {"fovea, reduced part", of_reduced / count}, {"OpenCV, one loop", of_bilinear / count}};
  std::printf("%s\n", line.dump().c_str());
  return 0;
}

int run(const std::vector<std::string>& words) {
  if (words.at(0) == "differences") return print_differences({words.begin() + 1, words.end()});
  const fovea::Threads threads(std::stoi(words.at(1)));
  const int rounds = std::stoi(words.at(2));
  const std::vector<Picture> pictures = read_pictures({words.begin() + 3, words.end()}, words.at(0) == "random");
  cv::setNumThreads(1);  // pictures are what runs in parallel
  const auto slots = static_cast<std::size_t>(threads.count());
  std::vector<fovea::JpegDecoder> decoders(slots);
  std::vector<fovea::InputReader> exact(slots, fovea::InputReader(preprocessing()));
  std::vector<fovea::InputReader> reduced(slots, fovea::InputReader(preprocessing(), {.reduced_decoding = true}));
  const std::vector<Contender> all = contenders(decoders, exact, reduced);
  std::vector<float> batch(pictures.size() * kValues);
  const auto rates = [&](const Work& work) {
    const auto start = std::chrono::steady_clock::now();
    const std::clock_t start_of_work = std::clock();
    fovea::parallel_slots(threads, static_cast<std::int64_t>(pictures.size()), [&](std::int64_t i, int slot) {
      work(pictures[static_cast<std::size_t>(i)], slot, batch.data() + static_cast<std::size_t>(i) * kValues);
    });
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    const double processor_seconds = static_cast<double>(std::clock() - start_of_work) / CLOCKS_PER_SEC;
    const auto images = static_cast<double>(pictures.size());
    return fovea::Json::array({images / seconds, images / processor_seconds});
  };
  for (const Contender& contender : all) rates(contender.work);  // pages and caches
  for (int round = 0; round < rounds; ++round) {
    fovea::Json line = fovea::Json::object();
    for (std::size_t i = 0; i < all.size(); ++i) {
      const std::size_t turn = round % 2 == 0 ? i : all.size() - 1 - i;
      line[all[turn].name] = rates(all[turn].work);
    }
    std::printf("%s\n", line.dump().c_str());
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::fprintf(stderr, "compare_input: %s\n", error.what());
    return 2;
  }
}
