// Small networks for small images.
#include "families.hpp"
#include "fovea/models/lenet5.hpp"
#include "fovea/models/lenet5_classic.hpp"
#include "fovea/models/linear_classifier.hpp"
#include "fovea/models/mlp.hpp"
#include "fovea/models/nin.hpp"

namespace fovea {

std::vector<Network> simple_networks() {
  using LinearOnly = LinearClassifierOptions;
  using Classic = LeNet5ClassicOptions;
  return {
      network<LinearClassifier, LinearOnly>({"linear", "linear softmax classifier", 28}, {{"height", &LinearOnly::height},
                                                                                          {"width", &LinearOnly::width},
                                                                                          {"channels", &LinearOnly::channels},
                                                                                          {"classes", &LinearOnly::classes}}),
      network<Mlp, MlpOptions>({"mlp", "multi-layer perceptron", 28}, {{"height", &MlpOptions::height},
                                                                       {"width", &MlpOptions::width},
                                                                       {"channels", &MlpOptions::channels},
                                                                       {"classes", &MlpOptions::classes},
                                                                       {"hidden", &MlpOptions::hidden},
                                                                       {"activation", &MlpOptions::activation},
                                                                       {"dropout", &MlpOptions::dropout}}),
      network<LeNet5, LeNet5Options>({"lenet5", "LeNet-5 with 20 and 50 filters and 500 hidden units", 28},
                                     {{"height", &LeNet5Options::height},
                                      {"width", &LeNet5Options::width},
                                      {"channels", &LeNet5Options::channels},
                                      {"classes", &LeNet5Options::classes},
                                      {"filters1", &LeNet5Options::filters1},
                                      {"filters2", &LeNet5Options::filters2},
                                      {"hidden", &LeNet5Options::hidden}}),
      network<LeNet5Classic, Classic>(
          {"lenet5-classic", "LeNet-5 with 6 and 16 filters, 120 and 84 hidden units", 28},
          {{"height", &Classic::height}, {"width", &Classic::width}, {"channels", &Classic::channels}, {"classes", &Classic::classes}}),
      network<Nin, NinOptions>({"nin-cifar", "Network in Network for images of about 32x32", 32},
                               {{"channels", &NinOptions::channels}, {"classes", &NinOptions::classes}, {"dropout", &NinOptions::dropout}}),
  };
}

}  // namespace fovea
