// What every verb has in common: help, exit codes, streams.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "command.hpp"
#include "fovea/base/text.hpp"

namespace fovea {
namespace {

using test::CommandResult;
using test::fovea_command;
using testing::AllOf;
using testing::HasSubstr;

const std::vector<std::string> kVerbs = {"train",
                                         "evaluate",
                                         "evaluate-detections",
                                         "evaluate-segmentations",
                                         "predict",
                                         "search",
                                         "find-lr",
                                         "diagnose",
                                         "plot",
                                         "preview",
                                         "make-scenes",
                                         "anchors",
                                         "neighbors",
                                         "inspect",
                                         "propose",
                                         "benchmark",
                                         "convert",
                                         "doctor",
                                         "superpixels",
                                         "import",
                                         "evaluate-superpixels",
                                         "export",
                                         "selftest"};

std::vector<std::string> matches(const std::string& text, const char* pattern) {
  const std::regex regex(pattern);
  std::vector<std::string> found;
  for (auto it = std::sregex_iterator(text.begin(), text.end(), regex); it != std::sregex_iterator(); ++it) found.push_back(it->str(1));
  return found;
}

TEST(Usage, HelpListsEveryVerb) {
  const CommandResult help = fovea_command({"--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_EQ(help.err, "");
  for (const std::string& verb : kVerbs) EXPECT_THAT(help.out, HasSubstr("\n  " + verb + " "));
  EXPECT_THAT(help.out, HasSubstr("Exit codes"));
}

TEST(Usage, EveryVerbHasHelpAndTheSharedFlags) {
  for (const std::string& verb : kVerbs) {
    const CommandResult help = fovea_command({verb, "--help"});
    EXPECT_EQ(help.code, 0) << verb;
    EXPECT_EQ(help.err, "") << verb;
    if (verb == "selftest") continue;  // it runs everything: every device, type and number of threads
    for (const char* flag : {"--threads", "--device", "--precision", "--quiet", "--json"}) EXPECT_THAT(help.out, HasSubstr(flag)) << verb;
  }
}

TEST(Usage, ExamplesUseVerbsAndFlagsThatExist) {
  for (const std::string& verb : kVerbs) {
    const std::string help = fovea_command({verb, "--help"}).out;
    const std::size_t at = help.find("\nExample");
    ASSERT_NE(at, std::string::npos) << verb << " shows no example";
    const std::string options = help.substr(0, at);
    const std::vector<std::string> examples = matches(help.substr(at), "(?:^|\n) *(fovea [^\n]*)");
    ASSERT_FALSE(examples.empty()) << verb;
    for (const std::string& example : examples) {
      EXPECT_THAT(example, testing::StartsWith("fovea " + verb + " "));
      for (const std::string& flag : matches(example, "(--[a-z-]+)")) EXPECT_THAT(options, HasSubstr("  " + flag + " ")) << example;
    }
  }
}

TEST(Usage, VersionIsANumber) {
  const CommandResult version = fovea_command({"--version"});
  EXPECT_EQ(version.code, 0);
  EXPECT_THAT(version.out, testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+\n"));
}

TEST(Usage, WithoutAVerbThereIsNothingToDo) {
  const CommandResult result = fovea_command({});
  EXPECT_EQ(result.code, 2);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, HasSubstr("--help"));
}

TEST(Usage, UnknownVerbsNameTheNearest) {
  const CommandResult result = fovea_command({"evalute", "--model", "x"});
  EXPECT_EQ(result.code, 2);
  EXPECT_EQ(result.out, "");
  EXPECT_THAT(result.err, AllOf(HasSubstr("unknown verb \"evalute\""), HasSubstr("did you mean \"evaluate\"")));
}

TEST(Usage, UnknownFlagsAreNamed) {
  for (const std::string& verb : kVerbs) {
    const CommandResult result = fovea_command({verb, "--no-such-flag"});
    EXPECT_EQ(result.code, 2) << verb;
    EXPECT_EQ(result.out, "") << verb;
  }
  EXPECT_THAT(fovea_command({"train", "--no-such-flag"}).err, HasSubstr("--no-such-flag"));
  EXPECT_THAT(fovea_command({"inspect", "lenet5", "--no-such-flag"}).err, HasSubstr("--no-such-flag"));
  EXPECT_EQ(fovea_command({"--no-such-flag"}).code, 2);
}

TEST(Usage, MissingFlagsAreNamed) {
  EXPECT_THAT(fovea_command({"predict", "--model", "m.fovea", "--out", "o"}).err, HasSubstr("--images"));
  EXPECT_THAT(fovea_command({"evaluate", "--data", "idx:x"}).err, HasSubstr("--model"));
  EXPECT_THAT(fovea_command({"train"}).err, HasSubstr("--data"));
  for (const std::string& verb : kVerbs) {
    if (verb == "selftest") continue;  // which wants nothing
    EXPECT_EQ(fovea_command({verb}).code, 2) << verb;
  }
}

TEST(Usage, ValuesOfTheWrongKindAreNamed) {
  const CommandResult word = fovea_command({"inspect", "lenet5", "--channels", "three"});
  EXPECT_EQ(word.code, 2);
  EXPECT_THAT(word.err, HasSubstr("--channels"));
  EXPECT_EQ(fovea_command({"inspect", "lenet5", "--threads", "-1"}).code, 2);
  EXPECT_EQ(fovea_command({"train", "--epochs", "1.5"}).code, 2);
}

TEST(Usage, DevicesAndPrecisionsThatThisBuildLacks) {
  for (const char* device : {"cuda", "cuda:1", "tpu"}) {
    const CommandResult result = fovea_command({"inspect", "lenet5", "--device", device});
    EXPECT_EQ(result.code, 2);
    EXPECT_EQ(result.out, "");
    EXPECT_THAT(result.err, AllOf(HasSubstr("--device " + std::string(device)), HasSubstr("cpu only")));
  }
  const CommandResult result = fovea_command({"inspect", "lenet5", "--precision", "f16"});
  EXPECT_EQ(result.code, 2);
  EXPECT_THAT(result.err, AllOf(HasSubstr("--precision f16"), HasSubstr("f32 or bf16")));
}

}  // namespace
}  // namespace fovea
