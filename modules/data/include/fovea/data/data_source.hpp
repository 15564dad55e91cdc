// From "idx:DIR", "folder:DIR" and "csv:FILE" to training, validation and test splits.
//
// Training never reads the test split:
//     train, val (and test) given   as they are
//     train but no val              val is a seeded stratified twelfth of train, train the rest (60,000 give 55,000 and 5,000)
//     no splits                     seeded stratified 80 / 10 / 10
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "fovea/data/dataset.hpp"

namespace fovea {

/// "scheme:path" in its parts.
struct DataSource {
  std::string scheme;
  std::filesystem::path path;
};

/// Throws OptionError naming the nearest of `schemes` for an unknown one, and saying how to write a path that has none.
DataSource parse_data_source(const std::string& text, const std::vector<std::string>& schemes);

/// Of a source whose scheme is known; scheme and path are the whole text when there is no colon.
std::string scheme_of(const std::string& source);
std::filesystem::path path_of(const std::string& source);

struct ClassificationDataOptions {
  std::uint64_t seed = 1;
  std::string names_file;          ///< one class name per line, in the order of the labels: for formats that hold none
  std::vector<std::string> names;  ///< the same directly: the labels of a model that is to be measured
};

/// A source's splits; null where there is none. They share their images.
struct ClassificationData {
  std::string source;  ///< as it was given
  std::vector<std::string> labels;
  ClassificationDatasetPtr train, val, test;
  std::vector<std::string> notes;  ///< for the log: how each split came to be

  /// The split "train", "val" or "test". Throws OptionError when the source has none.
  const ClassificationDataset& require(const std::string& split) const;
};

/// Throws OptionError and FileError.
ClassificationData open_classification_data(const std::string& source, const ClassificationDataOptions& options = {});

struct NamedSplit {
  std::string name;
  ClassificationDatasetPtr dataset;
};

/// The split "train", "val", "test" or "all" (every sample); "" means test, else val, else all. Throws OptionError when there is no such
/// split.
NamedSplit resolve_split(const ClassificationData& data, const std::string& name);

}  // namespace fovea
