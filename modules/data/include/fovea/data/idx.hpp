// IDX files: the format of MNIST and its successors.
//
//     4 bytes  0, 0, element type (8: unsigned bytes), number of axes: 2051 for images, 2049 for labels
//     4 bytes  per axis its extent, big-endian
//     the rest the elements, row-major
//
// Source: Y. LeCun, C. Cortes, C. Burges, "The MNIST database", description of the file format.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "fovea/base/shape.hpp"
#include "fovea/data/dataset.hpp"

namespace fovea {

struct IdxArray {
  Shape shape;
  std::vector<std::uint8_t> values;
};

/// Reads unsigned bytes along `axes` axes from a plain or gzip-compressed file, told apart by content. Throws FileError saying what was
/// expected and found: magic number, truncated or trailing bytes, damaged compression.
IdxArray read_idx(const std::filesystem::path& path, int axes);

/// The pairs of files in a folder; null where the pair is missing.
struct IdxFolder {
  ClassificationDatasetPtr train;  ///< train-images-idx3-ubyte, train-labels-idx1-ubyte
  ClassificationDatasetPtr test;   ///< t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte
};

/// Opens a folder of IDX files, each plain or with ".gz" after the name. Images are 8-bit grey. The classes are called `names`; when these
/// are empty, as the lines of labels.txt in the folder; without that "0", "1", ... up to the largest label. Throws FileError when there is
/// no pair, half a pair, counts differ, or a label has no name.
IdxFolder open_idx_folder(const std::filesystem::path& folder, std::vector<std::string> names = {});

}  // namespace fovea
