// webpack.config.js is Grafana's production config without what nobody needs to run it. build.sh copies it beside
// webpack.prod.js, because the package manager resolves packages only for files inside the project.
'use strict';

const production = require('./webpack.prod.js');

module.exports = (env) => {
  const config = production(env);
  config.devtool = false; // no source maps
  config.cache = false; // every build is a first build: a cache would only be written
  // The Kusto editor (Azure only) is as large as the rest of the copied files together.
  const copy = config.plugins.find((plugin) => plugin.constructor.name === 'CopyPlugin');
  copy.patterns = copy.patterns.filter((pattern) => !pattern.to.includes('kusto'));
  return config;
};
