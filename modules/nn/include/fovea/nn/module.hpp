// Networks as trees of modules that own named parameters.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "fovea/autograd/variable.hpp"
#include "fovea/base/random.hpp"
#include "fovea/tensor/file_layout.hpp"

namespace fovea {

/// A parameter as it is found in a tree: "layer1.0.conv1.weight".
struct NamedParameter {
  std::string name;
  Variable variable;
  FileLayout layout;
};

/// A random stream that a module draws from as it runs: "features.3.stream".
struct NamedStream {
  std::string name;
  RandomStream* stream;
};

/// Base of everything with parameters. Parameters, buffers and children are ordinary members, registered by name in the constructor;
/// names follow torchvision. Neither copyable nor movable, so that registered addresses stay good.
class Module {
 public:
  virtual ~Module() = default;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  /// All parameters, buffers and children's, in registration order; a module's own come first, parameters before buffers.
  /// The tensors share memory with the module: writing into them changes it.
  StateDict state_dict() const;
  std::vector<NamedParameter> parameters() const;
  std::int64_t parameter_count() const;
  /// The streams of the whole tree, in the same order. They are no part of state_dict(): a model file needs none, a checkpoint does.
  std::vector<NamedStream> random_streams() const;

  /// Training mode changes what dropout and batch normalisation do, never what forward returns. New modules are in training mode.
  void train(bool training = true);
  void eval() { train(false); }
  bool is_training() const { return training_; }

  void clear_grad();
  /// Converts floating parameters and buffers to f32 or f64; gradients are dropped. bf16 is a type of activations only, chosen by the
  /// type of the input (cast()): OptionError.
  void to(DType dtype);

  /// Draws this module's own parameters anew; children are not touched.
  virtual void reset_parameters(RandomStream&) {}
  /// Calls `visitor` for this module ("") and every one below ("layer1.0.conv1"), parents first.
  void visit(const std::function<void(const std::string& name, Module& module)>& visitor);

 protected:
  Module() = default;

  Variable& register_parameter(std::string name, Tensor value, Variable& member, FileLayout layout = {});
  Tensor& register_buffer(std::string name, Tensor value, Tensor& member);
  void register_module(std::string name, Module& child);
  /// Every stream that forward() draws from is registered, or a training that goes on from a checkpoint would draw other numbers.
  void register_stream(std::string name, RandomStream& member);

 private:
  struct ParameterEntry {
    std::string name;
    Variable* variable;
    FileLayout layout;
  };
  struct BufferEntry {
    std::string name;
    Tensor* tensor;
  };
  struct ChildEntry {
    std::string name;
    Module* module;
  };

  void append_state(const std::string& prefix, StateDict& state) const;
  void append_parameters(const std::string& prefix, std::vector<NamedParameter>& list) const;
  void append_streams(const std::string& prefix, std::vector<NamedStream>& list) const;
  void visit_from(const std::string& prefix, const std::function<void(const std::string&, Module&)>& visitor);

  std::vector<ParameterEntry> parameters_;
  std::vector<BufferEntry> buffers_;
  std::vector<NamedStream> streams_;
  std::vector<ChildEntry> children_;
  bool training_ = true;
};

/// For its lifetime `layer` is the innermost one that computes on this thread: whoever watches the operations can name it. Guards nest.
class RunningLayer {
 public:
  explicit RunningLayer(const Module& layer);
  ~RunningLayer();
  RunningLayer(const RunningLayer&) = delete;
  RunningLayer& operator=(const RunningLayer&) = delete;
  /// Null outside of all layers.
  static const Module* current();

 private:
  const Module* outer_;
};

/// A module that maps one variable to one.
class Layer : public Module {
 public:
  virtual Variable forward(const Variable& x) = 0;
  Variable operator()(const Variable& x) {
    const RunningLayer running(*this);
    return forward(x);
  }
};

/// Draws all parameters of a tree anew: each module's from a stream named by (seed, its name), so that equal seeds give equal weights on
/// any machine, whatever else the program has built.
void initialize(Module& module, std::uint64_t seed);

/// The stream that a layer's constructor draws its first weights from: another one each time.
RandomStream construction_stream();

}  // namespace fovea
