// Runs a fuzz target over the files of a folder: what the fuzzer once found, or
// began with, stays a test without the fuzzer.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size);

int main(int argc, char** argv) {
  size_t run = 0;
  for (int i = 1; i < argc; ++i) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
      files.push_back(entry.path());
    }
    std::sort(files.begin(), files.end());
    for (const auto& file : files) {
      std::ifstream in(file, std::ios::binary);
      const std::string text((std::istreambuf_iterator<char>(in)), {});
      std::cout << file.string() << std::endl;
      LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(text.data()),
                             text.size());
      ++run;
    }
  }
  if (run == 0) std::cerr << "there is no file to run\n";
  return run == 0 ? 1 : 0;
}
