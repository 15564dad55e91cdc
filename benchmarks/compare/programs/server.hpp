// A library under comparison is a process of its own that times what the driver asks for. The libraries thereby keep their threads,
// which wait actively after their work, out of each other's way, and run as they run in their users' programs.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "problem.hpp"

namespace fovea::compare {

/// One way to do a piece of work.
struct Contender {
  std::string name;                            ///< "oneDNN direct"
  std::string detail;                          ///< the library's own name of the implementation, or empty
  std::function<void()> run;                   ///< the timed part
  std::function<std::vector<float>()> result;  ///< of the last run, in the plain layout, to see that all contenders do the same work
};

/// What a library offers. Empty lists where it cannot do the problem.
struct Library {
  std::string name, version;
  std::function<std::vector<Contender>(const ConvProblem&)> conv2d;
  std::function<std::vector<Contender>(const MatmulProblem&)> matmul;
};

/// Answers requests on stdin, one JSON object a line, with one on stdout each, until stdin ends; first it introduces itself.
///
///     (start)                                                  {"library": "oneDNN", "version": "2.6.3"}
///     {"do": "prepare", "op": "conv2d", "pass": "forward", "precision": "f32", "n": 32, ..., "groups": 1}
///     {"do": "prepare", "op": "matmul", "precision": "f32", "size": 512}
///                                                              {"operations": 1e9, "contenders": [{"name", "detail", "probes": [64
///                                                              values]}]}
///     {"do": "time", "contender": 0, "seconds": 0.1}           {"seconds": 0.0012, "runs": 80}      the median of the runs
///
/// A request that fails is answered with {"error": text}.
int serve(const Library& library);

}  // namespace fovea::compare
