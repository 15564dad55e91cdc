// One table of kernels per device: every operation's implementation in one place.
#pragma once

#include "fovea/base/cpu_features.hpp"
#include "fovea/base/device.hpp"
#include "fovea/kernels/activations.hpp"
#include "fovea/kernels/batch_norm.hpp"
#include "fovea/kernels/box_overlap.hpp"
#include "fovea/kernels/broadcast.hpp"
#include "fovea/kernels/context.hpp"
#include "fovea/kernels/conv2d.hpp"
#include "fovea/kernels/conversion.hpp"
#include "fovea/kernels/distance.hpp"
#include "fovea/kernels/elementwise.hpp"
#include "fovea/kernels/group_norm.hpp"
#include "fovea/kernels/matmul.hpp"
#include "fovea/kernels/optimizer.hpp"
#include "fovea/kernels/pool2d.hpp"
#include "fovea/kernels/reduce.hpp"
#include "fovea/kernels/resample2d.hpp"
#include "fovea/kernels/softmax.hpp"
#include "fovea/kernels/window_pool2d.hpp"

namespace fovea::kernels {

/// The kernels of one element type of activations. bf16 has no softmax, no optimizer, no distance and no box overlap: losses, parameters
/// and their state, features and boxes are f32.
template <class T>
struct TypedKernels {
  MatmulKernels<T> matmul;
  Conv2dKernels<T> conv2d;
  Pool2dKernels<T> pool2d;
  WindowPool2dKernels<T> window_pool2d;
  Resample2dKernels<T> resample2d;
  BatchNormKernels<T> batch_norm;
  GroupNormKernels<T> group_norm;
  ElementwiseKernels<T> elementwise;
  BroadcastKernels<T> broadcast;
  ActivationKernels<T> activation;
  ReduceKernels<T> reduce;
  SoftmaxKernels<T> softmax;
  OptimizerKernels<T> optimizer;
  DistanceKernels<T> distance;
  BoxOverlapKernels<T> box_overlap;
};

struct KernelTable {
  const char* name;  ///< "cpu/avx512", "reference"
  TypedKernels<float> f32;
  TypedKernels<double> f64;
  TypedKernels<fovea::bf16> bf16;
  ConversionKernels conversion;

  template <class T>
  const TypedKernels<T>& of() const;
};
template <>
inline const TypedKernels<float>& KernelTable::of<float>() const {
  return f32;
}
template <>
inline const TypedKernels<double>& KernelTable::of<double>() const {
  return f64;
}
template <>
inline const TypedKernels<fovea::bf16>& KernelTable::of<fovea::bf16>() const {
  return bf16;
}

/// Slow and obviously right, in the order of the formulas, on one thread. Tests compare with it, and it is the f64 path. With bf16 it
/// computes as with f32 or wider and rounds once at the end.
const KernelTable& reference_table();

/// The CPU's kernels for one instruction set; f64 is the reference, and so is what the set has no bf16 kernel for. The set must be
/// supported by this machine.
const KernelTable& cpu_table(Isa isa);

/// The kernels of a device: for the CPU those of active_isa(). Throws OptionError when this build has none for the device.
const KernelTable& table(Device device = {});

}  // namespace fovea::kernels
