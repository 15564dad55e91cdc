// fovea's kernels under comparison: compare_fovea THREADS
#include <cstdlib>
#include <string>
#include <vector>

#include "fovea_contenders.hpp"

using namespace fovea;
using namespace fovea::compare;

int main(int argc, char** argv) {
  kernels::Context context(argc > 1 ? std::atoi(argv[1]) : 0);
  return serve({.name = "fovea",
                .version = kernels::table().name,
                .conv2d =
                    [&](const ConvProblem& problem) {
                      if (problem.precision == "f32") return fovea_conv2d<float>(context, problem);
                      return std::vector<Contender>{};  // bf16: return fovea_conv2d<bf16>(context, problem)
                    },
                .matmul =
                    [&](const MatmulProblem& problem) {
                      if (problem.precision == "f32") return fovea_matmul<float>(context, problem);
                      return std::vector<Contender>{};  // bf16: return fovea_matmul<bf16>(context, problem)
                    }});
}
