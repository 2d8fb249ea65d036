// prepare.js makes the folder it runs in (a copy of Grafana's source) ready for `yarn install` and webpack.
// It is run by build.sh with plain node and needs no package.
'use strict';

const fs = require('fs');

// Only these workspaces end up in the browser bundle. The others (test helpers, lint rules, the storybook) bring
// most of the 3,000 packages of the lock file with them.
const workspaces = ['data', 'e2e-selectors', 'runtime', 'schema', 'ui'].map((name) => `packages/grafana-${name}`);

// Of the development dependencies, what webpack's production config loads, what the application imports, and what
// packages import without declaring it.
const needed = new Set([
  '@babel/runtime', '@swc/helpers', 'autoprefixer', 'blob-polyfill', 'browserslist', 'copy-webpack-plugin',
  'css-loader', 'css-minimizer-webpack-plugin', 'esbuild', 'esbuild-loader', 'esbuild-plugin-browserslist',
  'expose-loader', 'html-loader', 'html-webpack-plugin', 'mini-css-extract-plugin', 'ngtemplate-loader', 'postcss',
  'postcss-loader', 'postcss-reporter', 'postcss-scss', 'react-simple-compat', 'rudder-sdk-js', 'sass', 'sass-loader',
  'style-loader', 'webpack', 'webpack-cli', 'webpack-manifest-plugin', 'webpack-merge',
]);

function edit(file, change) {
  const json = JSON.parse(fs.readFileSync(file, 'utf8'));
  change(json);
  fs.writeFileSync(file, JSON.stringify(json, null, 2) + '\n');
}

edit('package.json', (root) => {
  root.workspaces.packages = workspaces;
  for (const name of Object.keys(root.devDependencies)) {
    if (!needed.has(name)) {
      delete root.devDependencies[name];
    }
  }
  delete root.scripts.postinstall; // git hooks for Grafana's own developers
  // The source takes these two from outside the npm registry; here are the last versions that the registry has.
  root.dependencies.xlsx = '0.18.5';
  root.dependencies['tether-drop'] = '1.4.2';
});
for (const workspace of workspaces) {
  edit(`${workspace}/package.json`, (json) => delete json.devDependencies);
}

// The module zip leaves out public/vendor. Nothing we show needs it: it served the old Angular panels.
const empty = ['', '.selection', '.time', '.stack', '.stackpercent', '.fillbelow', '.crosshair', '.dashes', '.gauge']
  .map((part) => `public/vendor/flot/jquery.flot${part}.js`)
  .concat('public/vendor/tagsinput/bootstrap-tagsinput.js');
for (const dir of ['flot', 'tagsinput', 'bootstrap']) {
  fs.mkdirSync(`public/vendor/${dir}`, { recursive: true });
}
for (const file of empty) {
  fs.writeFileSync(file, '');
}
// The start of the application patches these three jQuery plugins, so they must exist.
fs.writeFileSync('public/vendor/bootstrap/bootstrap.js', `
for (const name of ['tooltip', 'modal', 'dropdown']) {
  jQuery.fn[name] = function () { return this; };
  jQuery.fn[name].defaults = {};
  jQuery.fn[name].Constructor = class {};
}
`);
