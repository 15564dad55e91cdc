#include "fovea/tensor/tensor.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fovea/base/error.hpp"
#include "fovea/tensor/dispatch.hpp"

namespace fovea {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

template <class Call>
std::string shape_error(Call call) {
  try {
    call();
  } catch (const ShapeError& error) {
    return error.what();
  }
  ADD_FAILURE() << "no ShapeError";
  return "";
}

TEST(Tensor, IsMadeFilled) {
  EXPECT_THAT(Tensor::zeros({2, 2}).to_vector<float>(), ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(Tensor::full({3}, 2.5, DType::f64).to_vector<double>(), ElementsAre(2.5, 2.5, 2.5));
  EXPECT_THAT(Tensor::full({2}, 7, DType::u8).to_vector<std::uint8_t>(), ElementsAre(7, 7));
  const Tensor empty = Tensor::empty({4, 5}, DType::i64);
  EXPECT_EQ(empty.spec(), (TensorSpec{{4, 5}, DType::i64}));
  EXPECT_EQ(empty.bytes(), 160u);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(empty.raw_data()) % 64, 0u);
  EXPECT_FALSE(Tensor().defined());
  EXPECT_TRUE(empty.defined());
}

TEST(Tensor, IsMadeFromValues) {
  const Tensor tensor = Tensor::from<std::int32_t>({8, 5, 1, 3, 6, 2}, {2, 3});
  EXPECT_EQ(tensor.dtype(), DType::i32);
  EXPECT_EQ(tensor.extent(0), 2);
  EXPECT_EQ(tensor.extent(-1), 3);
  EXPECT_THAT(tensor.to_vector<std::int32_t>(), ElementsAre(8, 5, 1, 3, 6, 2));
  EXPECT_THAT(shape_error([] { Tensor::from<float>({1, 2, 3}, {2, 2}); }), HasSubstr("[2,2] has 4 elements, found 3"));
}

TEST(Tensor, EmptyTensorsHaveNoElements) {
  const Tensor tensor = Tensor::from(std::vector<float>{}, {0, 3});
  EXPECT_EQ(tensor.numel(), 0);
  EXPECT_TRUE(tensor.to_vector<float>().empty());
  EXPECT_TRUE(tensor.clone().defined());
  EXPECT_EQ(tensor.slice(0, 0).shape(), (Shape{0, 3}));
  EXPECT_EQ(tensor.reshape({3, -1}).shape(), (Shape{3, 0}));
  EXPECT_EQ(tensor.to(DType::f64).shape(), (Shape{0, 3}));
}

TEST(Tensor, ReshapeKeepsTheOrder) {
  const Tensor matrix = Tensor::from<float>({8, 5, 1, 3, 6, 2}, {2, 3});
  const Tensor tall = matrix.reshape({3, 2});
  EXPECT_EQ(tall.shape(), (Shape{3, 2}));
  EXPECT_THAT(tall.slice(0, 1).to_vector<float>(), ElementsAre(8, 5));
  EXPECT_THAT(tall.slice(1, 2).to_vector<float>(), ElementsAre(1, 3));
  EXPECT_THAT(tall.slice(2, 3).to_vector<float>(), ElementsAre(6, 2));
  EXPECT_TRUE(tall.shares_storage_with(matrix));
  EXPECT_EQ(matrix.reshape({-1}).shape(), Shape{6});
  EXPECT_EQ(matrix.reshape({1, -1, 2}).shape(), (Shape{1, 3, 2}));
}

TEST(Tensor, ReshapeRefusesOtherCounts) {
  const Tensor matrix = Tensor::zeros({2, 3});
  EXPECT_THAT(shape_error([&] { (void)matrix.reshape({2, 2}); }), HasSubstr("[reshape] of [2,3] (6 elements) to [2,2]"));
  EXPECT_THAT(shape_error([&] { (void)matrix.reshape({4, -1}); }), HasSubstr("to [4,-1]"));
  EXPECT_THAT(shape_error([&] { (void)matrix.reshape({-1, -1}); }), HasSubstr("at most one extent may be -1"));
  EXPECT_THAT(shape_error([&] { (void)matrix.reshape({0, -1}); }), HasSubstr("to [0,-1]"));
  EXPECT_THROW((void)matrix.reshape({-2, -3}), ShapeError);
  EXPECT_THROW((void)matrix.reshape({-2, -1}), ShapeError);
  EXPECT_THROW((void)matrix.reshape({1, 1, 1, 1, 1, 2, 3}), ShapeError);
  constexpr std::int64_t kHuge = std::int64_t{1} << 40;
  EXPECT_THROW((void)matrix.reshape({kHuge, kHuge, -1}), ShapeError);
}

TEST(Tensor, SlicesAreViewsOfTheFirstAxis) {
  Tensor batch = Tensor::from<float>({0, 1, 2, 3, 4, 5, 6, 7}, {4, 2});
  Tensor middle = batch.slice(1, 3);
  EXPECT_EQ(middle.shape(), (Shape{2, 2}));
  EXPECT_THAT(middle.to_vector<float>(), ElementsAre(2, 3, 4, 5));
  EXPECT_THAT(middle.slice(1, 2).to_vector<float>(), ElementsAre(4, 5));
  middle.fill_(9);
  EXPECT_THAT(batch.to_vector<float>(), ElementsAre(0, 1, 9, 9, 9, 9, 6, 7));
  EXPECT_EQ(batch.slice(2, 2).numel(), 0);
  EXPECT_THROW(batch.slice(-1, 2), ShapeError);
  EXPECT_THROW(batch.slice(3, 2), ShapeError);
  EXPECT_THROW(batch.slice(0, 5), ShapeError);
  EXPECT_THROW(Tensor::zeros({}).slice(0, 1), ShapeError);
}

TEST(Tensor, CopyingSharesAndCloneCopies) {
  Tensor tensor = Tensor::from<float>({1, 2, 3, 4}, {2, 2});
  const Tensor shared = tensor, copy = tensor.clone(), part = tensor.slice(1, 2).clone();
  tensor.fill_(0);
  EXPECT_THAT(shared.to_vector<float>(), ElementsAre(0, 0, 0, 0));
  EXPECT_THAT(copy.to_vector<float>(), ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(part.to_vector<float>(), ElementsAre(3, 4));
  EXPECT_FALSE(copy.shares_storage_with(tensor));
  EXPECT_TRUE(shared.shares_storage_with(tensor));
}

TEST(Tensor, ConvertsElementByElement) {
  const Tensor tensor = Tensor::from<float>({1.75f, 2, 200}, {3});
  EXPECT_THAT(tensor.to(DType::u8).to_vector<std::uint8_t>(), ElementsAre(1, 2, 200));
  EXPECT_THAT(tensor.to(DType::f64).to_vector<double>(), ElementsAre(1.75, 2, 200));
  EXPECT_TRUE(tensor.to(DType::f32).shares_storage_with(tensor));
  const Tensor narrow = tensor.to(DType::bf16);
  EXPECT_EQ(narrow.bytes(), 2U * static_cast<std::size_t>(tensor.numel()));
  EXPECT_THAT(narrow.to(DType::f32).to_vector<float>(), ElementsAre(1.75, 2, 200));
  EXPECT_EQ(Tensor::full({}, 3, DType::bf16).item(), 3);
  EXPECT_EQ(narrow.to(DType::i64).to_vector<std::int64_t>(), tensor.to(DType::i64).to_vector<std::int64_t>());
  EXPECT_THAT(Tensor::from<std::int64_t>({-3}, {1}).to(DType::f32).to_vector<float>(), ElementsAre(-3));
}

TEST(Tensor, TheElementTypeIsChecked) {
  const Tensor tensor = Tensor::zeros({2});
  EXPECT_THAT(shape_error([&] { tensor.data<double>(); }), HasSubstr("holds f32, asked for f64"));
  EXPECT_THROW(Tensor().data<float>(), ShapeError);
}

TEST(Tensor, ItemIsForOneElement) {
  EXPECT_EQ(Tensor::full({}, 2.5).item(), 2.5);
  EXPECT_EQ(Tensor::from<std::int64_t>({-7}, {1, 1}).item(), -7);
  EXPECT_THAT(shape_error([] { (void)Tensor::zeros({2}).item(); }), HasSubstr("found shape [2]"));
  EXPECT_THROW((void)Tensor().item(), ShapeError);
}

TEST(Tensor, InPlaceOperationsBumpTheVersion) {
  Tensor tensor = Tensor::zeros({2, 2});
  EXPECT_EQ(tensor.storage().version(), 0u);
  EXPECT_STREQ(tensor.storage().last_writer(), "");
  tensor.fill_(1);
  EXPECT_EQ(tensor.storage().version(), 1u);
  EXPECT_STREQ(tensor.storage().last_writer(), "fill_");
  tensor.slice(0, 1).copy_(Tensor::full({1, 2}, 5));
  EXPECT_EQ(tensor.storage().version(), 2u);
  EXPECT_STREQ(tensor.storage().last_writer(), "copy_");
  EXPECT_THAT(tensor.to_vector<float>(), ElementsAre(5, 5, 1, 1));
}

TEST(Tensor, CopyWantsTheSameShapeAndType) {
  Tensor tensor = Tensor::zeros({2, 2});
  EXPECT_THAT(shape_error([&] { tensor.copy_(Tensor::zeros({4})); }), HasSubstr("[copy_] wants f32 [2,2], found f32 [4]"));
  EXPECT_THROW(tensor.copy_(Tensor::zeros({2, 2}, DType::f64)), ShapeError);
  EXPECT_EQ(tensor.storage().version(), 0u);
}

TEST(Tensor, CopyWithinOneStorageMayOverlap) {
  const Tensor tensor = Tensor::from<float>({1, 2, 3, 4}, {4});
  tensor.slice(1, 4).copy_(tensor.slice(0, 3));
  EXPECT_THAT(tensor.to_vector<float>(), ElementsAre(1, 1, 2, 3));
}

TEST(Dispatch, FloatingOperationsRefuseOtherTypes) {
  const auto size = [](DType dtype) { return dispatch_floating(dtype, "relu", []<class T>() { return sizeof(T); }); };
  EXPECT_EQ(size(DType::f32), 4u);
  EXPECT_EQ(size(DType::f64), 8u);
  EXPECT_THAT(shape_error([&] { size(DType::u8); }), HasSubstr("[relu] wants f32 or f64, found u8"));
}

TEST(Tensor, AbsurdSizesAreRefusedBeforeTheSystemIsAsked) {
  EXPECT_THROW(Tensor::empty({std::int64_t{1} << 50}), ShapeError);
  EXPECT_THROW(Tensor::empty({std::int64_t{1} << 38}, DType::f32), ShapeError);
}

}  // namespace
}  // namespace fovea
