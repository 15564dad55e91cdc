// The families of the catalogue, one file each.
#pragma once

#include "network.hpp"

namespace fovea {

std::vector<Network> simple_networks();  ///< linear, mlp, lenet5, ...
std::vector<Network> resnet_networks();
std::vector<Network> preact_resnet_networks();
std::vector<Network> vgg_networks();
std::vector<Network> alexnet_networks();
std::vector<Network> squeezenet_networks();
std::vector<Network> densenet_networks();
std::vector<Network> googlenet_networks();
std::vector<Network> mobilenet_networks();
std::vector<Network> darknet_networks();
std::vector<Network> feature_classifier_networks();  ///< knn, class-means, linear-softmax, linear-svm
std::vector<Network> vit_networks();
std::vector<Network> segmentation_networks();

}  // namespace fovea
