// Damaged and hostile safetensors files: a clear FileError, never a crash and never a read out of bounds (run under AddressSanitizer).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/base/error.hpp"
#include "fovea/base/file.hpp"
#include "fovea/base/random.hpp"
#include "safetensors_bytes.hpp"
#include "support/temporary_folder.hpp"

namespace fovea {
namespace {

using test::parse_text;
using test::safetensors_bytes;
using testing::HasSubstr;

std::string refused_file(const std::string& bytes) {
  try {
    parse_text(bytes);
  } catch (const FileError& error) {
    EXPECT_EQ(error.path(), "file");
    return error.reason();
  }
  return "no error";
}

std::string valid_bytes() {
  const test::TemporaryFolder folder;
  const SafetensorsFile file = {.tensors = {{"a.weight", Tensor::from<float>({1, 2, 3, 4}, {2, 2})},
                                            {"a.count", Tensor::from<std::int64_t>({7}, {})},
                                            {"b", Tensor::from<std::uint8_t>({1, 2, 3}, {3})}},
                                .metadata = {{"format", "pt"}}};
  write_safetensors(folder / "a", file);
  return read_text_file(folder / "a");
}

struct Damage {
  const char* name;
  std::string bytes;
  const char* expected;
};

class DamagedSafetensors : public testing::TestWithParam<Damage> {};

TEST_P(DamagedSafetensors, IsRefusedWithTheReason) { EXPECT_THAT(refused_file(GetParam().bytes), HasSubstr(GetParam().expected)); }

std::string header_of_one(const std::string& entry) { return safetensors_bytes("{\"w\":" + entry + "}", "12345678"); }

const Damage kDamages[] = {
    {"nothing", "", "has 0 bytes, expected at least 8"},
    {"length_only", std::string("\x05\0\0\0\0\0\0\0", 8), "header has 5 bytes, but only 0 follow"},
    {"length_huge", std::string(16, '\xff'), "expected at most 100000000"},
    {"empty_header", safetensors_bytes(""), "does not begin with '{'"},
    {"space_first", safetensors_bytes(" {}"), "does not begin with '{'"},
    {"no_json", safetensors_bytes("{\"w\":"), "not valid JSON"},
    {"two_values", safetensors_bytes("{}{}"), "not valid JSON"},
    {"bad_utf8", safetensors_bytes("{\"\xff\":1}"), "not valid JSON"},
    {"duplicate_name", safetensors_bytes(R"({"w":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"w":1})"), "the key \"w\" twice"},
    {"duplicate_field", header_of_one(R"({"dtype":"U8","dtype":"F32","shape":[8],"data_offsets":[0,8]})"), "the key \"dtype\" twice"},
    {"metadata_array", safetensors_bytes(R"({"__metadata__":[]})"), "__metadata__ is array, expected an object"},
    {"metadata_number", safetensors_bytes(R"({"__metadata__":{"n":1}})"), "the value of \"n\" is number, expected a string"},
    {"entry_number", header_of_one("3"), "tensor \"w\" is number, expected an object"},
    {"no_dtype", header_of_one(R"({"shape":[8],"data_offsets":[0,8]})"), "tensor \"w\" has no dtype"},
    {"no_shape", header_of_one(R"({"dtype":"U8","data_offsets":[0,8]})"), "tensor \"w\" has no shape"},
    {"no_offsets", header_of_one(R"({"dtype":"U8","shape":[8]})"), "tensor \"w\" has no data_offsets"},
    {"extra_key", header_of_one(R"({"dtype":"U8","shape":[8],"data_offsets":[0,8],"more":1})"), "tensor \"w\" has 4 keys"},
    {"dtype_number", header_of_one(R"({"dtype":8,"shape":[8],"data_offsets":[0,8]})"), "dtype of tensor \"w\" is number"},
    {"dtype_unknown", header_of_one(R"({"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]})"), "elements of type F8_E4M3; fovea reads"},
    {"shape_number", header_of_one(R"({"dtype":"U8","shape":8,"data_offsets":[0,8]})"), "shape of tensor \"w\" is number"},
    {"shape_negative", header_of_one(R"({"dtype":"U8","shape":[-8],"data_offsets":[0,8]})"), "integers >= 0"},
    {"shape_fraction", header_of_one(R"({"dtype":"U8","shape":[8.0],"data_offsets":[0,8]})"), "integers >= 0"},
    {"shape_text", header_of_one(R"({"dtype":"U8","shape":["8"],"data_offsets":[0,8]})"), "integers >= 0"},
    {"shape_overflow", header_of_one(R"({"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,8]})"), "more than 2^62 elements"},
    {"shape_64_bit", header_of_one(R"({"dtype":"U8","shape":[18446744073709551615],"data_offsets":[0,8]})"), "extent 18446744073709551615"},
    {"shape_beyond_64_bit", header_of_one(R"({"dtype":"U8","shape":[99999999999999999999],"data_offsets":[0,8]})"), "integers >= 0"},
    {"shape_long", header_of_one(R"({"dtype":"U8","shape":[1,1,1,1,1,1,8],"data_offsets":[0,8]})"), "at most 6 extents, found 7"},
    {"shape_bytes_wrap", header_of_one(R"({"dtype":"F64","shape":[2305843009213693953],"data_offsets":[0,8]})"), "has 8 bytes, expected"},
    {"size_mismatch", header_of_one(R"({"dtype":"F32","shape":[3],"data_offsets":[0,8]})"), "has 8 bytes, expected 3 elements of 4"},
    {"size_no_multiple", header_of_one(R"({"dtype":"F32","shape":[1],"data_offsets":[0,7]})"), "has 7 bytes, expected 1 elements of 4"},
    {"offsets_one", header_of_one(R"({"dtype":"U8","shape":[8],"data_offsets":[8]})"), "data_offsets [8], expected begin and end"},
    {"offsets_reversed", header_of_one(R"({"dtype":"U8","shape":[8],"data_offsets":[8,0]})"), "data_offsets [8,0]"},
    {"offsets_late", header_of_one(R"({"dtype":"U8","shape":[7],"data_offsets":[1,8]})"), "\"w\" begins at 1, expected 0"},
    {"offsets_outside", header_of_one(R"({"dtype":"U8","shape":[9],"data_offsets":[0,9]})"), "have 9 bytes, but 8 follow"},
    {"offsets_far", header_of_one(R"({"dtype":"U8","shape":[1],"data_offsets":[18446744073709551614,18446744073709551615]})"),
     "expected 0"},
    {"bytes_left", header_of_one(R"({"dtype":"U8","shape":[7],"data_offsets":[0,7]})"), "have 7 bytes, but 8 follow"},
    {"overlap",
     safetensors_bytes(R"({"a":{"dtype":"U8","shape":[5],"data_offsets":[0,5]},"b":{"dtype":"U8","shape":[5],"data_offsets":[3,8]}})",
                       "12345678"),
     "\"b\" begins at 3, expected 5"},
    {"hole",
     safetensors_bytes(R"({"a":{"dtype":"U8","shape":[3],"data_offsets":[0,3]},"b":{"dtype":"U8","shape":[3],"data_offsets":[5,8]}})",
                       "12345678"),
     "\"b\" begins at 5, expected 3"},
};

INSTANTIATE_TEST_SUITE_P(All, DamagedSafetensors, testing::ValuesIn(kDamages), [](const auto& test) { return test.param.name; });

TEST(DamagedSafetensors, EveryTruncationIsRefused) {
  const std::string bytes = valid_bytes();
  ASSERT_NO_THROW(parse_text(bytes));
  for (std::size_t length = 0; length < bytes.size(); ++length)
    EXPECT_THROW(parse_text(bytes.substr(0, length)), FileError) << "of " << bytes.size() << " bytes only " << length;
  EXPECT_THROW(parse_text(bytes + "x"), FileError);
}

TEST(DamagedSafetensors, FlippedBytesAreReadCleanlyOrRefused) {
  const std::string bytes = valid_bytes();
  RandomStream random(1);
  int refused = 0;
  for (int trial = 0; trial < 20'000; ++trial) {
    std::string damaged = bytes;
    for (std::uint64_t flips = 1 + random.below(3); flips > 0; --flips)
      damaged[random.below(bytes.size())] = static_cast<char>(random.below(256));
    try {
      for (const NamedTensor& tensor : parse_text(damaged).tensors) ASSERT_LE(tensor.tensor.bytes(), bytes.size());
    } catch (const FileError&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 10'000);
}

TEST(DamagedSafetensors, DeepNestingIsNoStackOverflow) {
  std::string header = "{\"w\":";
  header.append(1'000'000, '[').append(1'000'000, ']').append("}");
  EXPECT_THAT(refused_file(safetensors_bytes(header)), HasSubstr("expected an object"));
}

TEST(DamagedSafetensors, ManyNamesAreReadInReasonableTime) {
  std::string header = "{";
  for (int i = 0; i < 100'000; ++i)
    header += (i > 0 ? ",\"" : "\"") + std::to_string(i) + R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
  EXPECT_EQ(parse_text(safetensors_bytes(header + "}")).tensors.size(), 100'000U);
}

}  // namespace
}  // namespace fovea
