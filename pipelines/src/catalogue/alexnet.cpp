// AlexNet and its kin.
#include "fovea/models/alexnet.hpp"
#include "families.hpp"
#include "fovea/models/alexnet_2012.hpp"
#include "fovea/models/zfnet.hpp"

namespace fovea {

namespace {

/// The options that all of them have.
template <class Model, class Options>
Network like_alexnet(const char* name, const char* summary, std::int64_t image_size, const Options& defaults = {}) {
  return network<Model, Options>({name, summary, image_size},
                                 {{"channels", &Options::channels},
                                  {"classes", &Options::classes},
                                  {"widths", &Options::widths},
                                  {"hidden", &Options::hidden},
                                  {"dropout", &Options::dropout}},
                                 defaults);
}

}  // namespace

std::vector<Network> alexnet_networks() {
  using Options = AlexNet2012Options;
  using Streams = Options::Streams;
  return {like_alexnet<AlexNet, AlexNetOptions>("alexnet", "AlexNet in one stream, as torchvision has it", 224),
          like_alexnet<AlexNet2012, Options>("alexnet-two-streams", "AlexNet as published: two streams, response norm", 227),
          like_alexnet<AlexNet2012, Options>("alexnet-two-streams-apart", "AlexNet whose streams meet only in the fully connected layers",
                                             227, {.streams = Streams::apart}),
          like_alexnet<AlexNet2012, Options>("alexnet-cs231n", "AlexNet's 96, 256, 384, 384 and 256 filters in one stream", 227,
                                             {.streams = Streams::one}),
          like_alexnet<ZfNet, ZfNetOptions>("zfnet", "ZFNet: AlexNet with smaller first filters", 224)};
}

}  // namespace fovea
