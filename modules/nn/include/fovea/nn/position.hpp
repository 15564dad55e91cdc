// Where a token stands.
#pragma once

#include <cstdint>

#include "fovea/nn/module.hpp"

namespace fovea {

/// [length, features] in f32: feature 2i of position p is sin(p / 10000^(2i / features)), feature 2i + 1 the cosine (Vaswani et al. 2017,
/// section 3.5). Throws OptionError for an odd number of features.
Tensor sinusoidal_positions(std::int64_t length, std::int64_t features);

/// [height * width, features] for the pixels of an image, row by row: the first half of the features is that of the row's number, the
/// second that of the column's (as in He et al. 2022, "Masked autoencoders", appendix A). Throws OptionError unless 4 divides the features.
Tensor sinusoidal_positions2d(std::int64_t height, std::int64_t width, std::int64_t features);

/// [N,L,E] -> the same, with a learned vector per position added (Dosovitskiy et al. 2021, equation 1). Parameter `pos_embedding` [1,L,E];
/// first values normal with deviation 0.02.
class LearnedPositions final : public Layer {
 public:
  LearnedPositions(std::int64_t length, std::int64_t features);
  Variable forward(const Variable& x) override;
  void reset_parameters(RandomStream& stream) override;

  Variable pos_embedding;
};

}  // namespace fovea
