// The page of the reference kernels: slow and obviously right, for f32 (what tests compare with), f64 (what gradient checks run on)
// and bf16.
#include "fovea/kernels/kernel_table.hpp"
#include "reference/activations.hpp"
#include "reference/batch_norm.hpp"
#include "reference/box_overlap.hpp"
#include "reference/broadcast.hpp"
#include "reference/conv2d.hpp"
#include "reference/conversion.hpp"
#include "reference/distance.hpp"
#include "reference/elementwise.hpp"
#include "reference/group_norm.hpp"
#include "reference/matmul.hpp"
#include "reference/optimizer.hpp"
#include "reference/pool2d.hpp"
#include "reference/reduce.hpp"
#include "reference/resample2d.hpp"
#include "reference/softmax.hpp"
#include "reference/window_pool2d.hpp"

namespace fovea::kernels {

namespace {

template <class T>
constexpr SoftmaxKernels<T> kSoftmax = {.forward = reference::softmax_forward<T>,
                                        .backward = reference::softmax_backward<T>,
                                        .cross_entropy = reference::cross_entropy<T>,
                                        .cross_entropy_backward = reference::cross_entropy_backward<T>};
template <>
constexpr SoftmaxKernels<bf16> kSoftmax<bf16>{};

template <class T>
constexpr OptimizerKernels<T> kOptimizer = {.sgd = reference::sgd<T>,
                                            .adamw = reference::adamw<T>,
                                            .adam = reference::adam<T>,
                                            .adagrad = reference::adagrad<T>,
                                            .rmsprop = reference::rmsprop<T>,
                                            .adadelta = reference::adadelta<T>};
template <>
constexpr OptimizerKernels<bf16> kOptimizer<bf16>{};

template <class T>
constexpr DistanceKernels<T> kDistance = {.rows = reference::row_distances<T>};
template <>
constexpr DistanceKernels<bf16> kDistance<bf16>{};

template <class T>
constexpr BoxOverlapKernels<T> kBoxOverlap = {.pairs = reference::box_overlap_pairs<T>, .any_above = reference::any_box_above<T>};
template <>
constexpr BoxOverlapKernels<bf16> kBoxOverlap<bf16>{};

template <class T>
constexpr TypedKernels<T> kTyped = {
    .matmul = {.workspace_bytes = reference::matmul_workspace_bytes, .forward = reference::matmul_forward<T>},
    .conv2d = {.kernel_name = reference::conv2d_kernel_name,
               .filter_layout = reference::conv2d_filter_layout,
               .packed_filter_bytes = reference::conv2d_packed_filter_bytes<T>,
               .pack_filter = reference::conv2d_pack_filter<T>,
               .workspace_bytes = reference::conv2d_workspace_bytes,
               .forward = reference::conv2d_forward<T>,
               .backward_data = reference::conv2d_backward_data<T>,
               .backward_filter = reference::conv2d_backward_filter<T>},
    .pool2d = {.max_forward = reference::max_pool2d_forward<T>,
               .max_backward = reference::max_pool2d_backward<T>,
               .average_forward = reference::average_pool2d_forward<T>,
               .average_backward = reference::average_pool2d_backward<T>},
    .window_pool2d = {.max_forward = reference::window_max_pool2d_forward<T>,
                      .max_backward = reference::window_max_pool2d_backward<T>,
                      .average_forward = reference::window_average_pool2d_forward<T>,
                      .average_backward = reference::window_average_pool2d_backward<T>},
    .resample2d = {.apply = reference::resample2d<T>},
    .batch_norm = {.workspace_bytes = reference::batch_norm_workspace_bytes,
                   .statistics = reference::batch_norm_statistics<T>,
                   .normalize = reference::batch_norm_normalize<T>,
                   .backward = reference::batch_norm_backward<T>,
                   .backward_fixed = reference::batch_norm_backward_fixed<T>},
    .group_norm = {.workspace_bytes = reference::group_norm_workspace_bytes,
                   .forward = reference::group_norm_forward<T>,
                   .backward = reference::group_norm_backward<T>},
    .elementwise = {.add = reference::add<T>,
                    .subtract = reference::subtract<T>,
                    .multiply = reference::multiply<T>,
                    .affine = reference::affine<T>,
                    .relu = reference::relu<T>,
                    .relu_backward = reference::relu_backward<T>,
                    .dropout = reference::dropout<T>},
    .broadcast = {.add = reference::broadcast_add<T>,
                  .multiply = reference::broadcast_multiply<T>,
                  .sum_workspace_bytes = reference::broadcast_sum_workspace_bytes,
                  .sum = reference::broadcast_sum<T>},
    .activation = {.forward = reference::activation_forward<T>,
                   .backward = reference::activation_backward<T>,
                   .prelu_forward = reference::prelu_forward<T>,
                   .prelu_workspace_bytes = reference::prelu_workspace_bytes,
                   .prelu_backward = reference::prelu_backward<T>,
                   .glu_forward = reference::glu_forward<T>,
                   .glu_backward = reference::glu_backward<T>},
    .reduce = {.sum_workspace_bytes = reference::sum_workspace_bytes,
               .sum = reference::sum<T>,
               .sum_rows_workspace_bytes = reference::sum_rows_workspace_bytes,
               .sum_rows = reference::sum_rows<T>},
    .softmax = kSoftmax<T>,
    .optimizer = kOptimizer<T>,
    .distance = kDistance<T>,
    .box_overlap = kBoxOverlap<T>,
};

constexpr ConversionKernels kConversion = {.f32_to_bf16 = reference::convert<float, bf16>,
                                           .bf16_to_f32 = reference::convert<bf16, float>,
                                           .f64_to_bf16 = reference::convert<double, bf16>,
                                           .bf16_to_f64 = reference::convert<bf16, double>,
                                           .f32_to_f64 = reference::convert<float, double>,
                                           .f64_to_f32 = reference::convert<double, float>};

}  // namespace

const KernelTable& reference_table() {
  static constexpr KernelTable table{"reference", kTyped<float>, kTyped<double>, kTyped<bf16>, kConversion};
  return table;
}

}  // namespace fovea::kernels
