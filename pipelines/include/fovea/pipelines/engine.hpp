// What computes a network's outputs, apart from what they mean.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "fovea/interchange/safetensors.hpp"
#include "fovea/nn/module.hpp"

namespace fovea {

struct NamedVariable {
  std::string name;
  Variable value;
};

/// Runs one network on batches of images. Const and thread-safe.
class Engine {
 public:
  virtual ~Engine() = default;
  /// f32 [N,H,W,C] -> f32 outputs, each with N first.
  virtual std::vector<NamedTensor> run(const Tensor& batch) const = 0;
  /// Images that a batch may have; 0: any number.
  virtual std::int64_t largest_batch() const { return 0; }
};

/// fovea's own: `outputs` is called without history, with activations of type `precision`; outputs are f32. `network` is what `outputs`
/// runs, in evaluation mode from now on.
std::unique_ptr<Engine> make_eager_engine(std::shared_ptr<Module> network,
                                          std::function<std::vector<NamedVariable>(const Variable& batch)> outputs,
                                          DType precision = DType::f32);

/// A network in the form of another framework, for OpenCV.
struct DnnModel {
  enum class Format : std::uint8_t { onnx, caffe, darknet, tensorflow };
  struct Output {
    std::string layer;  ///< as OpenCV calls it
    std::string name;   ///< as run() calls it
  };

  Format format = Format::onnx;
  std::vector<std::uint8_t> weights;      ///< the file: .onnx, .caffemodel, .weights, .pb
  std::vector<std::uint8_t> description;  ///< the other file: .prototxt, .cfg, .pbtxt; onnx has none, tensorflow may have none
  std::vector<Output> outputs;            ///< empty: all that nothing reads, under their own names
  std::string where;                      ///< names the file in errors
  std::int64_t largest_batch = 0;         ///< images at a time; 0: any number. Files often hold networks for one.
  std::string device = "cpu";             ///< cpu or cuda
};

/// "onnx", "caffe", "darknet", "tensorflow"
const char* name_of(DnnModel::Format format);

/// OpenCV's dnn module behind the same face. One of its networks serves one caller at a time, so that there is a pool of them that grows to
/// the number of callers. Images go in channels first, outputs come out as OpenCV orders them. Throws FileError when OpenCV cannot read
/// the network or lacks a layer of `outputs`, OptionError for a device that this OpenCV does not have.
std::unique_ptr<Engine> make_dnn_engine(DnnModel model);

}  // namespace fovea
