// libFuzzer targets for the readers of Darknet's files. One program: what it reads begins with a byte that names the reader.
//     'c'   the rest is a description
//     'w'   the rest is weights for the small description of the tests
//     'b'   a description, a zero byte, weights for it
// Whatever is read without an error is written, read again, and must be equal. `--seeds DIR` writes the first corpus.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>

#include "../interchange/darknet_text.hpp"
#include "fovea/base/error.hpp"

namespace {

using namespace fovea;

void require(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "fuzz: %s\n", what);
  std::abort();
}

DarknetConfig check_config(const std::string& text) {
  const DarknetConfig config = parse_darknet_config(text, "fuzz.cfg");
  require(parse_darknet_config(to_text(config), "again.cfg") == config, "a description does not read back equal");
  return config;
}

void check_weights(const std::string& bytes, const DarknetConfig& config) {
  const DarknetWeights weights = test::parse_weights(bytes, config);
  require(test::written_weights(weights, config) == bytes, "weights are not written with the bytes that were read");
}

void check(char kind, const std::string& input) {
  static const DarknetConfig small = parse_darknet_config(test::kSmallDarknet, "small.cfg");
  switch (kind) {
    case 'c':
      check_config(input);
      break;
    case 'w':
      check_weights(input, small);
      break;
    case 'b': {
      const std::size_t end = std::min(input.find('\0'), input.size());
      check_weights(input.substr(std::min(end + 1, input.size())), check_config(input.substr(0, end)));
      break;
    }
    default:
      break;
  }
}

void write_seeds(const std::filesystem::path& folder) {
  const std::string linear = "[net]\nwidth=2\nheight=1\nchannels=1\n[connected]\noutput=3\nbatch_normalize=1\n";
  const std::string weights = test::darknet_bytes({0, 2, 5}, 7, test::kSmallDarknetWeights);
  const std::string seeds[] = {
      "c" + test::kSmallDarknet,
      "c" + linear + "[softmax]\ngroups=3\n",
      "w" + weights,
      "w" + weights.substr(0, 100),
      "b" + linear + std::string(1, '\0') + test::darknet_bytes({1001, 0, 0}, 7, 18),
      "c[net]\nwidth=8\nheight=8\n[reorg]\nstride=2\n[route]\nlayers=-1,0\n[region]\nnum=1\nclasses=19\nanchors=1,2\nsoftmax=1\n"};
  int number = 0;
  for (const std::string& seed : seeds) std::ofstream(folder / ("seed" + std::to_string(number++)), std::ios::binary) << seed;
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  if (*argc == 3 && std::strcmp((*argv)[1], "--seeds") == 0) {
    write_seeds((*argv)[2]);
    std::exit(0);
  }
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  try {
    check(static_cast<char>(data[0]), std::string(reinterpret_cast<const char*>(data) + 1, size - 1));
  } catch (const FileError&) {  // the only way to refuse a file
  }
  return 0;
}
