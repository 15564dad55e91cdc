#include "fovea/pipelines/catalogue.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "fovea/base/error.hpp"
#include "messages.hpp"

namespace fovea {
namespace {

using test::message_of;
using testing::AllOf;
using testing::HasSubstr;

constexpr NetworkInput kGrey28{.height = 28, .width = 28, .channels = 1};

/// Few channels, so that large networks are built quickly; empty where the network is small.
Json narrow_options(const std::string& name) {
  const Json defaults = default_architecture(name);
  Json options = Json::object();
  const std::int64_t width = name.starts_with("resnext") || name.starts_with("se-") ? 16 : 4;  // so that groups and squeezes have a channel
  if (defaults.contains("widths")) options["widths"] = std::vector<std::int64_t>(defaults["widths"].size(), width);
  if (defaults.contains("hidden") && defaults["hidden"].is_number()) options["hidden"] = 4;
  if (defaults.contains("layers")) options["layers"] = 1;
  if (defaults.contains("growth")) options.update({{"growth", 2}, {"stem", 4}});
  if (defaults.contains("backbone")) {
    const std::string backbone = defaults["backbone"]["name"];
    options["backbone"] = narrow_options(backbone);
    options["backbone"]["name"] = backbone;
  }
  return options;
}

TEST(Catalogue, EveryNetworkRunsAtItsUsualSize) {
  ASSERT_GE(network_catalogue().size(), 11u);
  for (const CatalogueEntry& entry : network_catalogue()) {
    EXPECT_FALSE(entry.summary.empty()) << entry.name;
    const std::int64_t size = entry.image_size;
    const NetworkInput input{.height = size, .width = size, .channels = 3};
    const auto network = build_network(network_architecture(entry.name, input, 7, narrow_options(entry.name)), entry.name);
    network->eval();
    const NoGradGuard no_grad;
    const Variable logits = network->forward(Variable(Tensor::zeros({2, size, size, 3})));
    EXPECT_EQ(logits.shape(), entry.task == NetworkTask::classify ? Shape({2, 7}) : Shape({2, size, size, 7})) << entry.name;
  }
}

TEST(Catalogue, EntriesAreFoundByName) {
  EXPECT_EQ(require_network("vgg16").image_size, 224);
  EXPECT_EQ(require_network("unet").task, NetworkTask::segment);
  EXPECT_EQ(require_classifier("resnet18-cifar").image_size, 32);
  EXPECT_THAT(message_of<OptionError>([] { require_network("resnet-50"); }), HasSubstr("did you mean \"resnet50\""));
  EXPECT_THAT(message_of<OptionError>([] { require_classifier("vgg"); }), HasSubstr("did you mean \"vgg11\""));
}

TEST(Catalogue, ASegmenterIsNoClassifier) {
  const auto is_refused = AllOf(HasSubstr("model \"unet\" gives a class for every pixel"), HasSubstr("classifiers: linear, mlp, lenet5, "),
                                testing::Not(HasSubstr(", unet")));
  EXPECT_THAT(message_of<OptionError>([] { require_classifier("unet"); }), is_refused);
  EXPECT_THAT(message_of<OptionError>([] { build_classifier(default_architecture("unet"), "test"); }), is_refused);
}

TEST(Catalogue, DefaultsAreThoseOfTheNetwork) {
  EXPECT_EQ(default_architecture("unet"),
            Json::parse(R"({"name":"unet","channels":3,"classes":2,"widths":[64,128,256,512,1024],"border":"same","norm":"batch",)"
                        R"("up":"transposed","dropout":0.0,"edges":"mirror"})"));
  EXPECT_EQ(default_architecture("fcn8s"),
            Json::parse(R"({"name":"fcn8s","channels":3,"classes":21,"backbone":{"name":"vgg16","channels":3,"classes":0,)"
                        R"("widths":[64,128,256,512,512],"hidden":4096,"dropout":0.5,"pooled_maps":true},"hidden":4096,"dropout":0.5,)"
                        R"("edges":"mirror"})"));
  EXPECT_EQ(default_architecture("resnet18-cifar"),
            Json::parse(R"({"name":"resnet18-cifar","channels":3,"classes":10,"widths":[64,128,256,512]})"));
  EXPECT_EQ(default_architecture("lenet5-classic"),
            Json::parse(R"({"name":"lenet5-classic","height":28,"width":28,"channels":1,"classes":10})"));
}

TEST(Catalogue, DescriptionsHoldEveryOption) {
  EXPECT_EQ(network_architecture("lenet5", kGrey28, 10, Json::object()),
            Json::parse(R"({"name":"lenet5","height":28,"width":28,"channels":1,"classes":10,"filters1":20,"filters2":50,"hidden":500})"));
  EXPECT_EQ(network_architecture("resnet-mini", kGrey28, 4, Json::parse(R"({"widths":[8,16],"blocks":2})")),
            Json::parse(R"({"name":"resnet-mini","channels":1,"classes":4,"widths":[8,16],"blocks":2})"));
}

TEST(Catalogue, DescriptionsBuildTheNetworkTheyDescribe) {
  // The lectures' table: 520 + 25,050 + 1,225,500 + 5,010.
  const std::string text = network_architecture("lenet5", kGrey28, 10, Json::object()).dump();
  EXPECT_EQ(build_classifier(Json::parse(text), "text")->parameter_count(), 1'256'080);
  // 5*5*1*2+2, 5*5*2*3+3, (28/4)^2*3*4+4, 4*10+10
  const Json small = network_architecture("lenet5", kGrey28, 10, {{"filters1", 2}, {"filters2", 3}, {"hidden", 4}});
  EXPECT_EQ(build_classifier(Json::parse(small.dump()), "text")->parameter_count(), 52 + 153 + 592 + 50);
}

TEST(Catalogue, ANetworkForPixelsTakesABackboneByNameOrWithOptions) {
  const NetworkInput input{.height = 64, .width = 64, .channels = 1};
  const auto backbone_of = [&](const char* model, const Json& options) {
    return network_architecture(model, input, 3, options)["backbone"];
  };
  EXPECT_EQ(backbone_of("deeplabv3", {{"backbone", "resnet18"}}),
            Json::parse(R"({"name":"resnet18","channels":1,"classes":0,"widths":[64,128,256,512],"output_stride":8})"));
  EXPECT_EQ(backbone_of("deeplabv3", {{"backbone", {{"name", "resnet18"}, {"output_stride", 16}}}})["output_stride"], 16);
  EXPECT_EQ(backbone_of("fcn8s", {{"backbone", {{"name", "vgg11"}, {"pooled_maps", false}}}})["pooled_maps"], false);
  // A complete description is complete: it reads back as itself.
  const Json complete = network_architecture("unet-backbone", input, 3, {{"backbone", "mobilenet-v2"}});
  EXPECT_EQ(build_network(Json::parse(complete.dump()), "text")->parameter_count(), build_network(complete, "text")->parameter_count());
}

TEST(Catalogue, EveryFamilyOfBackbonesCarriesASegmenter) {
  const NoGradGuard no_grad;
  for (const char* name : {"resnet18", "preact-resnet18", "vgg11-bn", "alexnet", "zfnet", "squeezenet1-1", "densenet121", "googlenet",
                           "mobilenet-v1", "mobilenet-v2", "mobilenet-v3-small", "shufflenet-v2-x1-0", "efficientnet-b0", "darknet19"}) {
    Json backbone = narrow_options(name);
    backbone["name"] = name;
    for (const char* model : {"unet-backbone", "fcn8s"}) {
      Json options = {{"backbone", backbone}};
      if (std::string(model) == "fcn8s") options["hidden"] = 0;
      const auto network = build_network(network_architecture(model, {.height = 65, .width = 70, .channels = 3}, 5, options), name);
      network->eval();
      EXPECT_EQ(network->forward(Variable(Tensor::zeros({1, 65, 70, 3}))).shape(), (Shape{1, 65, 70, 5})) << model << " on " << name;
    }
  }
}

TEST(Catalogue, ABackboneThatIsNoneIsRefused) {
  const auto message = [](const char* options) {
    return message_of<OptionError>(
        [&] { build_network(network_architecture("fcn8s", {.height = 64, .width = 64, .channels = 3}, 3, Json::parse(options)), "test"); });
  };
  EXPECT_THAT(message(R"({"backbone":"resnet-50"})"), HasSubstr("did you mean \"resnet50\""));
  EXPECT_THAT(message(R"({"backbone":{"widths":[1]}})"), AllOf(HasSubstr("backbone"), HasSubstr("name is missing")));
  EXPECT_THAT(message(R"({"backbone":3})"), HasSubstr("\"backbone\" is a name or an object"));
  EXPECT_THAT(message(R"({"backbone":{"name":"vgg16","hiden":3}})"), AllOf(HasSubstr("vgg16"), HasSubstr("did you mean \"hidden\"")));
  EXPECT_THAT(message(R"({"backbone":"lenet5"})"), HasSubstr("model \"lenet5\" has no feature maps that others could build on"));
  EXPECT_THAT(message(R"({"edges":"mirrored"})"), HasSubstr("did you mean \"mirror\""));
  EXPECT_THAT(message(R"({"backbone":"unet"})"), HasSubstr("[unet] at least 2 classes"));
}

TEST(Catalogue, UnknownModelNamesTheNearest) {
  EXPECT_THAT(message_of<OptionError>([] { network_architecture("lenet", kGrey28, 10, Json()); }),
              AllOf(HasSubstr("unknown model \"lenet\""), HasSubstr("did you mean \"lenet5\"")));
  EXPECT_THAT(message_of<OptionError>([] { network_architecture("resnet_mini", kGrey28, 10, Json()); }),
              HasSubstr("did you mean \"resnet-mini\""));
  EXPECT_THAT(message_of<OptionError>([] { build_classifier({{"name", "vgg"}}, "test"); }), HasSubstr("Known: linear, mlp, lenet5"));
}

TEST(Catalogue, UnknownOptionNamesTheNearest) {
  EXPECT_THAT(message_of<OptionError>([] {
                network_architecture("lenet5", kGrey28, 10, {{"filter1", 3}});
              }),
              AllOf(HasSubstr("model options of lenet5"), HasSubstr("\"filter1\""), HasSubstr("did you mean \"filters1\"")));
  EXPECT_THAT(message_of<OptionError>([] {
                build_classifier({{"name", "resnet-mini"}, {"block", 3}}, "the file");
              }),
              AllOf(HasSubstr("the file"), HasSubstr("did you mean \"blocks\"")));
}

TEST(Catalogue, WhatTheDataDecidesCannotBeSet) {
  for (const char* model : {"lenet5", "resnet-mini", "resnet50", "vgg16", "unet"})
    for (const char* key : {"name", "height", "width", "channels", "classes"})
      EXPECT_THAT(message_of<OptionError>([&] {
                    network_architecture(model, kGrey28, 10, {{key, 3}});
                  }),
                  AllOf(HasSubstr(key), HasSubstr("follows from the data")));
}

TEST(Catalogue, OptionsOfTheWrongKindAreErrors) {
  const auto message = [](const char* model, const char* options) {
    return message_of<OptionError>([&] { network_architecture(model, kGrey28, 10, Json::parse(options)); });
  };
  EXPECT_THAT(message("lenet5", R"({"hidden":"many"})"), AllOf(HasSubstr("hidden is \"many\""), HasSubstr("a whole number")));
  EXPECT_THAT(message("lenet5", R"({"hidden":2.5})"), HasSubstr("a whole number"));
  EXPECT_THAT(message("resnet-mini", R"({"widths":5})"), HasSubstr("a list of whole numbers"));
  EXPECT_THAT(message("lenet5", "[1]"), HasSubstr("expected a JSON object, found array"));
  EXPECT_THAT(message("lenet5", "\"{}\""), HasSubstr("expected a JSON object, found string"));
}

TEST(Catalogue, NetworksThatCannotBeAreErrors) {
  const auto build = [](const char* text) { build_classifier(Json::parse(text), "test"); };
  EXPECT_THROW(build(R"({"name":"lenet5","filters1":0})"), Error);
  EXPECT_THROW(build(R"({"name":"lenet5","filters2":-1})"), Error);
  EXPECT_THROW(build(R"({"name":"lenet5","hidden":0})"), Error);
  EXPECT_THROW(build(R"({"name":"lenet5","classes":1})"), Error);
  EXPECT_THROW(build(R"({"name":"lenet5","height":3})"), Error);
  EXPECT_THROW(build(R"({"name":"lenet5","hidden":4611686018427387904})"), Error);
  EXPECT_THROW(build(R"({"name":"resnet-mini","widths":[]})"), Error);
  EXPECT_THROW(build(R"({"name":"resnet-mini","widths":[8,0]})"), Error);
  EXPECT_THROW(build(R"({"name":"resnet-mini","blocks":0})"), Error);
  EXPECT_THROW(build(R"({"name":"resnet-mini","channels":0})"), Error);
  EXPECT_THROW(build("{}"), OptionError);
  EXPECT_THROW(build("[]"), OptionError);
}

}  // namespace
}  // namespace fovea
