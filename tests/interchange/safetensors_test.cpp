#include "fovea/interchange/safetensors.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "safetensors_bytes.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {
namespace {

using test::parse_text;
using test::safetensors_bytes;
using testing::ElementsAre;
using testing::HasSubstr;

// The rules of the reference implementation, checked on bytes without any of fovea's reading code.
void expect_valid_for_python(const std::string& bytes) {
  ASSERT_GE(bytes.size(), 8U);
  std::uint64_t length = 0;
  for (int i = 7; i >= 0; --i) length = length * 256 + static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
  ASSERT_LE(length, 100'000'000U);
  ASSERT_LE(8 + length, bytes.size());
  EXPECT_EQ(length % 8, 0U) << "the data is 8-byte aligned";
  const std::string header = bytes.substr(8, length);
  EXPECT_EQ(header.front(), '{');
  EXPECT_THAT(header.substr(header.rfind('}') + 1), testing::MatchesRegex(" *"));

  const std::map<std::string, std::uint64_t> sizes = {{"F64", 8}, {"F32", 4}, {"I64", 8}, {"I32", 4}, {"U8", 1}};
  std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
  const auto json = nlohmann::ordered_json::parse(header);
  for (const auto& [name, entry] : json.items()) {
    if (name == "__metadata__") {
      for (const auto& [key, text] : entry.items()) EXPECT_TRUE(text.is_string()) << key;
      continue;
    }
    ASSERT_EQ(entry.size(), 3U) << name;
    std::uint64_t size = sizes.at(entry.at("dtype").get<std::string>());
    const std::uint64_t begin = entry.at("data_offsets").at(0), end = entry.at("data_offsets").at(1);
    EXPECT_EQ(begin % size, 0U) << name << " is not aligned to its element size";
    for (const std::uint64_t extent : entry.at("shape")) size *= extent;
    EXPECT_EQ(end - begin, size) << name;
    ranges.emplace_back(begin, end);
  }
  EXPECT_TRUE(std::is_sorted(ranges.begin(), ranges.end())) << "the header lists the tensors in the order of their data";
  std::uint64_t covered = 0;
  for (const auto& [begin, end] : ranges) {
    EXPECT_EQ(begin, covered);
    covered = end;
  }
  EXPECT_EQ(8 + length + covered, bytes.size());
}

SafetensorsFile sample_file() {
  SafetensorsFile file;
  file.tensors = {
      {"layer1.0.conv1.weight", Tensor::from<float>({1, -2, 3.5F, 1e-40F, INFINITY, 6}, {2, 3})},
      {"mask", Tensor::from<std::uint8_t>({0, 128, 255}, {3})},
      {"steps", Tensor::from<std::int64_t>({INT64_MIN}, {})},
      {"empty", Tensor::empty({0, 7})},
      {"name with \"quotes\" and ü", Tensor::from<std::int32_t>({-5, INT32_MAX}, {2, 1, 1})},
      {"exact", Tensor::from<double>({0.1, 1e300}, {2})},
  };
  file.metadata = {{"format", "pt"}, {"text", "line\nline, \"quoted\", ä"}};
  return file;
}

TEST(Safetensors, WhatIsWrittenIsReadBack) {
  const test::TemporaryFolder folder;
  const SafetensorsFile file = sample_file();
  write_safetensors(folder / "a.safetensors", file);
  const SafetensorsFile read = read_safetensors(folder / "a.safetensors");
  EXPECT_EQ(read.metadata, file.metadata);
  std::vector<std::string> names;
  for (const NamedTensor& tensor : read.tensors) names.push_back(tensor.name);
  EXPECT_THAT(names, ElementsAre("steps", "exact", "layer1.0.conv1.weight", "empty", "name with \"quotes\" and ü", "mask"));
  for (const NamedTensor& tensor : read.tensors) {
    const auto original = std::find_if(file.tensors.begin(), file.tensors.end(), [&](const auto& t) { return t.name == tensor.name; });
    ASSERT_NE(original, file.tensors.end());
    ASSERT_EQ(tensor.tensor.spec(), original->tensor.spec()) << tensor.name;
    EXPECT_EQ(std::memcmp(tensor.tensor.raw_data(), original->tensor.raw_data(), tensor.tensor.bytes()), 0) << tensor.name;
  }
}

TEST(Safetensors, WrittenFilesKeepTheRulesOfTheFormat) {
  const test::TemporaryFolder folder;
  write_safetensors(folder / "a.safetensors", sample_file());
  expect_valid_for_python(read_text_file(folder / "a.safetensors"));
  write_safetensors(folder / "empty.safetensors", {});
  expect_valid_for_python(read_text_file(folder / "empty.safetensors"));
  EXPECT_TRUE(read_safetensors(folder / "empty.safetensors").tensors.empty());
}

TEST(Safetensors, ASliceIsWrittenAsASlice) {
  const test::TemporaryFolder folder;
  const Tensor rows = Tensor::from<float>({1, 2, 3, 4, 5, 6}, {3, 2});
  write_safetensors(folder / "a.safetensors", {.tensors = {{"rows", rows.slice(1, 2)}}, .metadata = {}});
  EXPECT_THAT(read_safetensors(folder / "a.safetensors").tensors.at(0).tensor.to_vector<float>(), ElementsAre(3, 4));
}

TEST(Safetensors, EqualContentGivesEqualBytes) {
  const test::TemporaryFolder folder;
  write_safetensors(folder / "a", sample_file());
  write_safetensors(folder / "b", sample_file());
  EXPECT_EQ(read_text_file(folder / "a"), read_text_file(folder / "b"));
}

TEST(Safetensors, ReadsAFileMadeByHand) {
  // Header order is not data order, no metadata, trailing spaces.
  const std::string header =
      R"({"b":{"dtype":"U8","shape":[2],"data_offsets":[4,6]},"a":{"shape":[1],"dtype":"F32","data_offsets":[0,4]}}   )";
  const SafetensorsFile file = parse_text(safetensors_bytes(header, std::string("\x00\x00\x80\x3f\x07\x08", 6)));
  ASSERT_EQ(file.tensors.size(), 2U);
  EXPECT_EQ(file.tensors[0].name, "a");
  EXPECT_THAT(file.tensors[0].tensor.to_vector<float>(), ElementsAre(1));
  EXPECT_THAT(file.tensors[1].tensor.to_vector<std::uint8_t>(), ElementsAre(7, 8));
}

TEST(Safetensors, SixteenBitTypesBecomeF32) {
  // binary16: 1, -2, largest 65504, smallest subnormal 2^-24, -0, infinity, NaN. Values of IEEE 754-2008, table 3.5.
  const std::uint16_t halves[] = {0x3C00, 0xC000, 0x7BFF, 0x0001, 0x8000, 0x7C00, 0x7E00};
  const std::string half_data(reinterpret_cast<const char*>(halves), sizeof halves);
  const auto file = parse_text(safetensors_bytes(R"({"h":{"dtype":"F16","shape":[7],"data_offsets":[0,14]}})", half_data));
  ASSERT_EQ(file.tensors[0].tensor.dtype(), DType::f32);
  const auto values = file.tensors[0].tensor.to_vector<float>();
  EXPECT_THAT(std::vector<float>(values.begin(), values.begin() + 6), ElementsAre(1, -2, 65504, 0x1p-24F, 0, INFINITY));
  EXPECT_TRUE(std::signbit(values[4]));
  EXPECT_TRUE(std::isnan(values[6]));

  const std::uint16_t brains[] = {0x3F80, 0xC049};  // 1 and -3.140625
  const std::string brain_data(reinterpret_cast<const char*>(brains), sizeof brains);
  const auto brain_file = parse_text(safetensors_bytes(R"({"b":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}})", brain_data));
  EXPECT_EQ(brain_file.tensors[0].tensor.dtype(), DType::bf16);
  EXPECT_THAT(brain_file.tensors[0].tensor.to_vector<bf16>(), ElementsAre(1, -3.140625F));
  const test::TemporaryFolder folder;
  write_safetensors(folder / "b", brain_file);
  const auto again = read_safetensors(folder / "b");
  EXPECT_EQ(again.tensors[0].tensor.dtype(), DType::bf16);
  EXPECT_THAT(again.tensors[0].tensor.to_vector<bf16>(), ElementsAre(1, -3.140625F));
}

TEST(Safetensors, RefusesToWriteWhatNobodyCouldRead) {
  const test::TemporaryFolder folder;
  const Tensor one = Tensor::zeros({1});
  EXPECT_THROW(write_safetensors(folder / "a", {.tensors = {{"x", one}, {"x", one}}, .metadata = {}}), OptionError);
  EXPECT_THROW(write_safetensors(folder / "a", {.tensors = {{"__metadata__", one}}, .metadata = {}}), OptionError);
  EXPECT_THROW(write_safetensors(folder / "a", {.tensors = {{"\xff", one}}, .metadata = {}}), OptionError);
  EXPECT_THROW(write_safetensors(folder / "a", {.tensors = {}, .metadata = {{"k", "\xff"}}}), OptionError);
  EXPECT_FALSE(std::filesystem::exists(folder / "a"));
}

}  // namespace
}  // namespace fovea
