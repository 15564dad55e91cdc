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

TEST(Catalogue, EveryNetworkRunsAtItsUsualSize) {
  ASSERT_GE(classifier_catalogue().size(), 2u);
  for (const CatalogueEntry& entry : classifier_catalogue()) {
    EXPECT_FALSE(entry.summary.empty()) << entry.name;
    const NetworkInput input{.height = entry.image_size, .width = entry.image_size, .channels = 3};
    const auto network = build_classifier(classifier_architecture(entry.name, input, 7, Json()), entry.name);
    network->eval();
    const NoGradGuard no_grad;
    const Variable logits = network->forward(Variable(Tensor::zeros({2, input.height, input.width, 3})));
    EXPECT_EQ(logits.shape(), Shape({2, 7})) << entry.name;
  }
}

TEST(Catalogue, DescriptionsHoldEveryOption) {
  EXPECT_EQ(classifier_architecture("lenet5", kGrey28, 10, Json::object()),
            Json::parse(R"({"name":"lenet5","height":28,"width":28,"channels":1,"classes":10,"filters1":20,"filters2":50,"hidden":500})"));
  EXPECT_EQ(classifier_architecture("resnet-mini", kGrey28, 4, Json::parse(R"({"widths":[8,16],"blocks":2})")),
            Json::parse(R"({"name":"resnet-mini","channels":1,"classes":4,"widths":[8,16],"blocks":2})"));
}

TEST(Catalogue, DescriptionsBuildTheNetworkTheyDescribe) {
  // The lectures' table: 520 + 25,050 + 1,225,500 + 5,010.
  const std::string text = classifier_architecture("lenet5", kGrey28, 10, Json::object()).dump();
  EXPECT_EQ(build_classifier(Json::parse(text), "text")->parameter_count(), 1'256'080);
  // 5*5*1*2+2, 5*5*2*3+3, (28/4)^2*3*4+4, 4*10+10
  const Json small = classifier_architecture("lenet5", kGrey28, 10, {{"filters1", 2}, {"filters2", 3}, {"hidden", 4}});
  EXPECT_EQ(build_classifier(Json::parse(small.dump()), "text")->parameter_count(), 52 + 153 + 592 + 50);
}

TEST(Catalogue, UnknownModelNamesTheNearest) {
  EXPECT_THAT(message_of<OptionError>([] { classifier_architecture("lenet", kGrey28, 10, Json()); }),
              AllOf(HasSubstr("unknown model \"lenet\""), HasSubstr("did you mean \"lenet5\"")));
  EXPECT_THAT(message_of<OptionError>([] { classifier_architecture("resnet_mini", kGrey28, 10, Json()); }),
              HasSubstr("did you mean \"resnet-mini\""));
  EXPECT_THAT(message_of<OptionError>([] { build_classifier({{"name", "vgg"}}, "test"); }), HasSubstr("Known: lenet5, resnet-mini"));
}

TEST(Catalogue, UnknownOptionNamesTheNearest) {
  EXPECT_THAT(message_of<OptionError>([] {
                classifier_architecture("lenet5", kGrey28, 10, {{"filter1", 3}});
              }),
              AllOf(HasSubstr("model options of lenet5"), HasSubstr("\"filter1\""), HasSubstr("did you mean \"filters1\"")));
  EXPECT_THAT(message_of<OptionError>([] {
                build_classifier({{"name", "resnet-mini"}, {"block", 3}}, "the file");
              }),
              AllOf(HasSubstr("the file"), HasSubstr("did you mean \"blocks\"")));
}

TEST(Catalogue, WhatTheDataDecidesCannotBeSet) {
  for (const char* model : {"lenet5", "resnet-mini"})
    for (const char* key : {"name", "height", "width", "channels", "classes"})
      EXPECT_THAT(message_of<OptionError>([&] {
                    classifier_architecture(model, kGrey28, 10, {{key, 3}});
                  }),
                  AllOf(HasSubstr(key), HasSubstr("follows from the data")));
}

TEST(Catalogue, OptionsOfTheWrongKindAreErrors) {
  const auto message = [](const char* model, const char* options) {
    return message_of<OptionError>([&] { classifier_architecture(model, kGrey28, 10, Json::parse(options)); });
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
