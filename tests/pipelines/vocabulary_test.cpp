// The words of the field that fovea speaks: every architecture by name, every operation and loss with a checked gradient. A name that goes
// missing, or never came, is a failure here.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "fovea/pipelines/catalogue.hpp"
#include "fovea/pipelines/gradient_selftest.hpp"

namespace fovea {
namespace {

const std::vector<std::string> kModels = {"linear",
                                          "mlp",
                                          "lenet5",
                                          "lenet5-classic",
                                          "alexnet",
                                          "alexnet-cs231n",
                                          "alexnet-two-streams",
                                          "zfnet",

                                          "nin-cifar",  //
                                          "vgg11",
                                          "vgg13",
                                          "vgg16",
                                          "vgg19",
                                          "vgg11-bn",
                                          "vgg13-bn",
                                          "vgg16-bn",
                                          "vgg19-bn",
                                          "googlenet",  //
                                          "resnet18",
                                          "resnet34",
                                          "resnet50",
                                          "resnet101",
                                          "resnet152",
                                          "resnet18-cifar",
                                          "preact-resnet18",
                                          "wide-resnet50-2",
                                          "resnext50-32x4d",  //
                                          "se-resnet50",
                                          "densenet121",
                                          "squeezenet1-0",
                                          "squeezenet1-1",
                                          "mobilenet-v1",
                                          "mobilenet-v2",
                                          "mobilenet-v3-small",
                                          "mobilenet-v3-large",  //
                                          "shufflenet-v2-x1-0",
                                          "efficientnet-b0",
                                          "darknet19",
                                          "darknet53",
                                          "vit-ti-16",
                                          "vit-s-16",
                                          "vit-b-16",
                                          "unet",
                                          "unet-backbone",
                                          "fcn8s",
                                          "fcn16s",
                                          "fcn32s",
                                          "segnet",
                                          "deconvnet",
                                          "deeplabv3",  //
                                          "knn",
                                          "class-means",
                                          "linear-softmax",
                                          "linear-svm"};

const std::vector<std::string> kOperations = {
    // pooling and unpooling
    "max_pool2d", "average_pool2d", "sum_pool2d", "l2_pool2d", "fractional_max_pool2d", "adaptive_average_pool2d", "adaptive_max_pool2d",
    "global_average_pool2d", "nearest_unpool2d", "bed_of_nails_unpool2d", "max_unpool2d", "resize2d", "conv_transpose2d",
    // norms
    "batch_norm", "layer_norm", "instance_norm", "group_norm", "local_response_norm", "l2_normalize",
    // activations
    "sigmoid", "tanh", "relu", "leaky_relu", "prelu", "elu", "selu", "softplus", "silu", "mish", "hard_swish", "gelu", "glu", "maxout",
    "softmax", "log_softmax", "spatial_softmax", "softmax_over",
    // dropout
    "dropout", "spatial_dropout", "stochastic_depth",
    // shapes
    "concat", "split", "slice", "pad2d", "gather", "scatter_add", "channel_shuffle", "pixel_shuffle",
    // attention
    "attention", "self_attention",
    // losses
    "mse_loss", "l1_loss", "huber_loss", "smooth_l1_loss", "cross_entropy", "soft_cross_entropy", "nll_loss", "binary_cross_entropy",
    "multiclass_hinge", "logistic_loss", "sigmoid_focal_loss", "softmax_focal_loss", "dice_loss", "tversky_loss", "lovasz_softmax",
    "kl_divergence", "contrastive_loss", "triplet_loss", "hardest_losses"};

TEST(Vocabulary, EveryModelHasAName) {
  std::set<std::string> names;
  for (const CatalogueEntry& entry : network_catalogue()) names.insert(entry.name);
  for (const std::string& name : kModels) EXPECT_TRUE(names.contains(name)) << name;
}

TEST(Vocabulary, EveryOperationHasACheckedGradient) {
  std::set<std::string> passed;
  for (const GradientRow& row : selftest_gradients())
    if (row.passed() && row.cases >= 2) passed.insert(row.operation);
  for (const std::string& name : kOperations) EXPECT_TRUE(passed.contains(name)) << name;
}

}  // namespace
}  // namespace fovea
